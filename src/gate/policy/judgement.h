/* SPDX-License-Identifier: ISC */
#pragma once

/* What a policy says of a request, and why. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "gate/kind.h"
#include "gate/shell/shell-line.h"
#include "gate/wire/reply.h"

struct judgement {
	enum decision decision; /* never NONE */
	const char *rule;       /* what decided; the policy's, or static */
	const char *reason;     /* of the rule, or NULL */
	size_t index;           /* of the rule in the document, where `by_rule` */
	bool by_rule;           /* of those about argument vectors */
	bool named;             /* `rule` is one of the policy's, of whatever kind */
	enum severity severity;
	const char *approvers; /* who is to approve it, or NULL; the policy's, or static */
	const char *policy_id; /* of the policy that decided, or NULL; likewise */
	bool literal;          /* a rule that allows to write names this very file */
	bool remember;         /* the allowlist may allow it all the same */
	const char *line[SHELL_COMMANDS_MAX]; /* of RULE_LINE: the rule that allows each command */
	size_t n_line;
	bool hidden; /* what is run can't be seen: it can't be allowed without a person */
};

/* Whether `a` is stricter than `b`. */
bool judgement_is_stricter(const struct judgement *a, const struct judgement *b);

/* Appends why, such as "force pushes lose history (rule no-force-push)". */
int judgement_append_reason(const struct judgement *j, struct bytes *b);

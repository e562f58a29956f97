/* SPDX-License-Identifier: ISC */
#pragma once

/* A policy's judgement of a request, and the reason. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "gate/kind.h"
#include "gate/shell/shell-line.h"
#include "gate/wire/reply.h"

struct rule;

/* What has decided: a rule, or one of the other grounds, each of which has its own reason. */
enum ground {
	GROUND_RULE, /* `rule` has a reason, or is named as the reason */
	GROUND_DEFAULT,
	GROUND_BUDGET,
	GROUND_HIDDEN,
	GROUND_KEPT,
	GROUND_RUN_AS,
	GROUND_RUNTIME,
};

struct judgement {
	enum decision decision; /* never NONE */
	enum ground ground;
	const char *rule;   /* the name of what decided; the policy's, or static */
	const char *reason; /* the rule's, or NULL */
	size_t index;       /* the rule's in the document, if `by_rule` */
	bool by_rule;       /* `rule` is about argument vectors */
	bool named;         /* `rule` is one of the policy's, of any kind */
	enum severity severity;
	const char *approvers; /* who must approve, or NULL; the policy's, or static */
	const char *policy_id; /* of the policy that decided, or NULL; the policy's */
	bool literal;          /* a rule that allows writing names this very file */
	bool remember;         /* the allowlist may still allow it */
	const char *line[SHELL_COMMANDS_MAX]; /* for RULE_LINE: the rule that allows each command */
	size_t n_line;
	bool hidden; /* not all that is run is known: only a person may allow it */
};

/* Judges by something else than a rule of a document. */
struct judgement judgement_by(enum decision decision, enum ground ground);

/* The ground of a reply that names this rule. No rule of a policy has the name of a ground. */
enum ground judgement_ground_of(const char *rule);

/* Asks, since no policy speaks of this kind of request. `policy_id` may be NULL. */
struct judgement judgement_by_runtime(const char *policy_id);

/* Whether `a` is stricter than `b`. */
bool judgement_is_stricter(const struct judgement *a, const struct judgement *b);

/* Replaces `found` if `j` is stricter. */
void judgement_take_stricter(struct judgement *found, const struct judgement *j);

/* The judgement of a rule that decides; `policy_id` may be NULL. */
struct judgement judgement_by_rule(const struct rule *rule, const char *policy_id);

/* Appends the reason, such as "force pushes lose history (rule no-force-push)". */
int judgement_append_reason(const struct judgement *j, struct bytes *b);

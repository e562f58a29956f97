/* SPDX-License-Identifier: ISC */
#pragma once

/* The decision in a reply line of either contract. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "gate/policy/judgement.h"
#include "gate/wire/reply.h"

struct decision_reply {
	enum decision decision; /* never NONE */
	const char *reason;     /* never NULL */
	const char *token;      /* of a pending request; NULL: the daemon issued none */
	bool approved;          /* of a pending request: its token is approved, and not consumed */
	bool any_operator;      /* of a pending request with `prompt`: any operator can approve */
	uint32_t retry_after_ms;
	const char *rule;     /* with `detail`, or NULL */
	enum ground ground;   /* of the rule, if there is one */
	const char *evidence; /* the ID of its record, or NULL */
	bool expired;         /* with `detail`: denied because the token has expired */
	struct json_doc *doc; /* owns the strings */
};

/*
 * Reads a line without its newline. Returns 0, REPLY_MALFORMED if it is no decision, or -ENOMEM.
 * After success, free with decision_reply_deinit().
 */
int decision_reply_read(const struct bytes *line, struct decision_reply *ret);
void decision_reply_deinit(struct decision_reply *reply);

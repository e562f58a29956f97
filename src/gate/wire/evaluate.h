/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The second contract: an EvaluateRequest, as read from its line, and the DecisionResponse. Members
 * that both contracts share are in gate/wire/request, which also decides to which of the two a line
 * belongs.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "base/sha256.h"
#include "gate/kind.h"
#include "gate/release.h"
#include "gate/wire/reply.h"

/* A string is NULL if the request lacks it or it is empty. */
struct evaluate {
	enum kind kind;

	/* As sent, except the action type of a release, which may be omitted. */
	const char *session_id, *agent_id, *actor, *action_type, *target, *requested_operation;
	const char *policy_pack, *operation, *server, *tool, *capability;
	const char *real_target, *content, *content_sha256, *old_text, *new_text;
	struct release release;

	bool bound; /* evaluate_bind() has completed `asked` */

	/* Derived from them. */
	const char *does;         /* the operation: the first of three keys that isn't empty */
	const char *text;         /* of a command, without blanks around it; or "" */
	const char *shown_target; /* the target to show; NULL if malformed */
	const char *shown_operation;

	/* Owned. */
	char *owned_text, *owned_server, *owned_target, *owned_compared;
	char content_hash[2 * SHA256_LEN + 1];
};

/* The approval that the record of a release names as its own; NULL if it isn't approved. */
const char *evaluate_named_approval(const struct evaluate *evaluate);

/* The decision of the contract's name, such as "require_approval"; NONE for other words. */
enum decision evaluate_decision_parse(const char *name);

/* Rules of the contract itself: no policy has them. */
#define RULE_MALFORMED "request.malformed"
#define RULE_CLOSED "runtime.closed"
#define RULE_FAILED "runtime.failed"

/* A complete reply that needs no memory. */
#define EVALUATE_OUT_OF_MEMORY                                                               \
	"{\"rule_id\":\"" RULE_FAILED "\",\"decision\":\"block\",\"severity\":\"critical\"," \
	"\"reason\":\"" REASON_OUT_OF_MEMORY "\"}\n"

/* The response. A string is NULL or empty if it is missing. */
struct evaluate_reply {
	const char *decision_id;
	const char *session_id, *agent_id, *actor; /* NULL: the contract's default */
	const char *action_type, *target, *requested_operation;
	const char *policy_pack, *policy_id, *rule_id;
	enum decision decision;
	enum severity severity;
	const char *reason;
	const char *record_id; /* ID of the evidence, or NULL */
	const char *approver_group, *timestamp, *correlation_id;
	const char *must; /* JSON, as the request has it; or NULL */

	/* Only with `detail`. */
	const char *approval_token;
	uint32_t retry_after_ms;
	const char *expires_at, *rule, *token_state;
	bool any_operator; /* the word of any operator approves it */
};

/* Appends the line without its newline. Errors: those of bytes_append(). */
int evaluate_reply_print(const struct evaluate_reply *reply, struct bytes *b);

/*
 * Reads the members that a client needs: the decision, the reason, the rule and the token. Returns
 * 0, REPLY_MALFORMED or -ENOMEM; the doc owns the strings.
 */
int evaluate_reply_parse(
	const char *line, size_t len, struct evaluate_reply *ret, struct json_doc **ret_doc);

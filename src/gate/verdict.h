/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The verdict: what was decided about one request, and what must change before the answer may
 * leave. decide() fills it; after that nothing changes it. What becomes of it when the change can't
 * be recorded is told beside it (see daemon/answer.h).
 *
 * verdict_init(), then one of the functions that give the whole answer, then any that add to it.
 * Errors stick in `error`: after the first one the rest has no effect that matters, since the whole
 * verdict is thrown away.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "gate/approval/sk-counters.h"
#include "gate/token/token.h"
#include "gate/wire/reply.h"

/* What is shown beside the outcome. */
enum view {
	VIEW_NONE,
	VIEW_LIST,
	VIEW_SHOW,
	VIEW_STATUS,
	VIEW_WATCH,
	VIEW_CHANGED,
	VIEW_ALLOWLIST,
	VIEW_GATE
};

struct verdict {
	enum decision decision; /* exactly one of these two is not NONE */
	enum outcome outcome;
	struct bytes reason;
	char *rule; /* the rule that decided, or NULL */

	/* Only for a request of the second contract. */
	enum severity severity;
	char *approvers, *policy_id; /* or NULL */

	enum view view;

	/* The token that is pending, was consumed, or was named. */
	bool has_token;
	uint8_t token_id[TOKEN_ID_LEN];
	uint64_t expires_wall;

	/* What must be recorded before the answer may leave. */
	struct token_change change;
	struct allow_change allow;
	bool many;       /* decide_token_revocation() is to be asked about every token */
	bool unrecorded; /* a denial for lack of space, or a report of nothing on record */

	/* The allowlist's entry that allowed it, and the program's file; or NULL. */
	char *used_id, *used_path;

	/* Approvals, where they are more than an operator's word. */
	struct bytes approvals; /* the strings of change.approvals */
	struct bytes proofs;    /* for the evidence: an array of JSON; or empty */
	struct sk_use sk_use;   /* the count of a security key that was taken */
	struct bytes gate;      /* of VIEW_GATE: an object of JSON */

	int error; /* 0, or the first negative errno; always 0 after decide() */
};

/* A deny without a reason, for which no rule stands. */
void verdict_init(struct verdict *v);

/* Also frees the token of the change, where the store did not take it over. */
void verdict_deinit(struct verdict *v);

/* Each gives the whole answer. `reason` and `rule` may be NULL. */
void verdict_decide(
	struct verdict *v, enum decision decision, const char *reason, const char *rule);
void verdict_deny(struct verdict *v, const char *reason);
void verdict_conclude(struct verdict *v, enum outcome outcome, const char *reason);
void verdict_show(struct verdict *v, enum view view);

/* What the second contract tells beside a decision. Both strings may be NULL. */
void verdict_grade(
	struct verdict *v, enum severity severity, const char *approvers, const char *policy_id);

/* Adds to the reason; the latter a foreign text, quoted. */
void verdict_explain(struct verdict *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void verdict_explain_quoted(struct verdict *v, const char *text);

void verdict_name_token(struct verdict *v, const struct token *token);

/* Notes an error, where `r` is negative and none was noted before. */
void verdict_fail(struct verdict *v, int r);

/* Whether a token or the allowlist is to be changed. */
bool verdict_changes(const struct verdict *v);

/*
 * Whether the verdict is logged, and recorded as evidence: every decision and operator's action is,
 * but not one that only looks, not a request that is pending as it was, and not a denial for lack
 * of space.
 */
bool verdict_is_recorded(const struct verdict *v);

/*
 * Whether it tells or uses what is on record, which must then be made to last. A decision that the
 * policy or the default action takes doesn't, and neither does a refusal: it promises nothing.
 */
bool verdict_rests_on_record(const struct verdict *v);

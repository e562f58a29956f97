/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The verdict: the decision about one request, and the changes that must be recorded before the
 * answer may be sent. decide() fills it; after that nothing changes it. If a change can't be
 * recorded, the result is kept separately (see daemon/answer.h).
 *
 * verdict_init(), then one of the functions that give the whole answer, then any that add to it.
 * Errors stick in `error`: after the first one, further calls don't matter, since the whole verdict
 * is thrown away.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "gate/approval/sk-counters.h"
#include "gate/token/token.h"
#include "gate/wire/reply.h"

/* What is shown in addition to the outcome. */
enum view {
	VIEW_NONE,
	VIEW_LIST,
	VIEW_OWN, /* the asker's tokens */
	VIEW_SHOW,
	VIEW_STATUS,
	VIEW_WATCH,
	VIEW_CHANGED,
	VIEW_ALLOWLIST,
	VIEW_LINES,
	VIEW_SEGMENT,
	VIEW_RECEIPT
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
	bool approved;     /* with DECISION_PENDING: the token is approved, and was not consumed */
	bool any_operator; /* with DECISION_PENDING, if asked: any operator can approve it */
	enum token_state token_state; /* in which it is of no use to the request; else ABSENT */

	/* What must be recorded before the answer may be sent. */
	struct token_change change;
	struct allow_change allow;
	bool many;       /* call decide_token_revocation() for every token */
	bool joins;      /* pending with the token of an earlier request */
	bool unrecorded; /* a denial for lack of space, or a report without a record */

	/* The ID of the allowlist's entry that allowed it, and the program's file; or NULL. */
	char *used_id, *used_path;

	/* Approvals that are more than an operator's word. */
	struct bytes approvals; /* the strings of change.approvals */
	struct bytes proofs;    /* for the evidence: a JSON array; or empty */
	struct sk_use sk_use;   /* the new count of a security key */
	struct sk_use nonce;    /* the nonce that a signature has used */
	struct bytes lines;     /* for VIEW_LINES: whole lines */

	int error; /* 0, or the first negative errno; always 0 after decide() */
};

/* Starts as a deny without a reason and without a rule. */
void verdict_init(struct verdict *v);

/* Also frees the token of the change, unless the store took it over. */
void verdict_deinit(struct verdict *v);

/* Each gives the whole answer. `reason` and `rule` may be NULL. */
void verdict_decide(
	struct verdict *v, enum decision decision, const char *reason, const char *rule);
void verdict_deny(struct verdict *v, const char *reason);
void verdict_conclude(struct verdict *v, enum outcome outcome, const char *reason);
void verdict_show(struct verdict *v, enum view view);

/* Sets what the second contract adds to a decision. Both strings may be NULL. */
void verdict_grade(
	struct verdict *v, enum severity severity, const char *approvers, const char *policy_id);

/* Append to the reason; the second one appends a foreign text, quoted. */
void verdict_explain(struct verdict *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void verdict_explain_quoted(struct verdict *v, const char *text);

/* Issues and joins no token, after all. */
void verdict_take_back(struct verdict *v);

void verdict_name_token(struct verdict *v, const struct token *token);
void verdict_name_rule(struct verdict *v, const char *rule);

/* The state in which its token is of no use, such as "expired"; NULL: none. */
const char *verdict_token_state(const struct verdict *v);

/* Notes an error if `r` is negative and none was noted before. */
void verdict_fail(struct verdict *v, int r);

/* Whether the token or the allowlist is changed. */
bool verdict_changes(const struct verdict *v);

/*
 * Whether the verdict is logged, and recorded as evidence. That is every decision and operator's
 * action, except an action that only reads, a request that is pending as before, and a denial for
 * lack of space.
 */
bool verdict_is_recorded(const struct verdict *v);

/*
 * Whether the answer depends on records, which must then be synced first. A decision by the policy
 * or the default action doesn't, and neither does a refusal: it promises nothing.
 */
bool verdict_rests_on_record(const struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Approvals that need more than an operator's word: signed with a key, by members of a group, by
 * several people. The demands are the sum of three: those of the token (from the rules that asked),
 * of the policies in force, and of the settings. Every signature is verified when it arrives, and
 * again when the token is consumed.
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* An approval that may count, before the token's next step is known. */
struct approval_given {
	bool matters;  /* the approval is checked; else the operator's word is enough */
	bool enough;   /* the token is approved with this approval */
	uint64_t have; /* the number of approvals that count, with this one */
	uint64_t missing;
	struct bytes list;  /* all approvals that count, as in gate/approval/approvals */
	struct bytes proof; /* proof of this one for the evidence: a JSON object; or empty */
	struct bytes by;
	struct sk_use use;
};

void approval_given_init(struct approval_given *g);
void approval_given_deinit(struct approval_given *g);

/*
 * Whether the request's approval of the token may count; if not, the verdict says why. The token
 * must be pending.
 */
bool decide_approval_take(
	const struct decide_input *in, struct verdict *v, struct approval_given *ret);

/* Adds the approval to a verdict that approves. If more are needed, the token stays pending. */
void decide_approval_add(
	const struct decide_input *in, struct verdict *v, struct approval_given *given);

/* Whether the signature of a refusal is good, or there is none; if not, the verdict says why. */
bool decide_approval_of_refusal(const struct decide_input *in, struct verdict *v);

/*
 * For a retry with an approved token: whether its approvals are still enough. If so, they are added
 * to the verdict for the evidence; if not, the verdict denies.
 */
bool decide_approval_holds(const struct decide_input *in, struct verdict *v);

/* Adds ": 1 of 2 approved" if a pending token has approvals. */
void decide_approval_explain(const struct decide_input *in, struct verdict *v);

/* What the request's rules demand of a new token. Appends the names of the groups to `groups`. */
int decide_approval_demand(const struct decide_input *in, struct demand_flags *ret,
	struct bytes *groups, size_t *ret_n);

/* Adds what the rules in force demand for this request. Error: -ENOMEM. */
int decide_approval_demand_in_force(const struct decide_input *in, struct demand *ret);

/*
 * Whether the rules in force demand more than an operator's word for this request. If so, an entry
 * that was added to the allowlist by hand does not allow it.
 */
bool decide_approval_is_demanded(const struct decide_input *in, struct verdict *v);

/*
 * How far the approval of a pending token has come: a JSON object with the number of approvals that
 * count, the number of those that are missing, and the groups from which one must come. Appends
 * nothing if an operator's word is enough. Reads no request.
 */
int decide_approval_print_progress(const struct decide_input *in, struct bytes *b);

/* What an operator's client needs to know to sign: a JSON object. */
int decide_approval_print_gate(const struct decide_input *in, struct bytes *b);

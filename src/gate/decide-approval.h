/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Decides whether an approval counts if more is demanded than an operator's word
 * (gate/decide-demand): a signature with a key, members of a group, or several people.
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

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Approvals that are more than an operator's word: signed with a key, by members of a group, by
 * several people. What is demanded is added up from the token, which knows the rules that asked,
 * and from the policy and the settings in force. Every signature is verified when it comes, and
 * again when the token is consumed.
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* An approval that may count, before the token's step is known. */
struct approval_given {
	bool matters;  /* the token's approvals go by it; else the operator's word is enough */
	bool enough;   /* with it, the token is approved */
	uint64_t have; /* with it, so many approvals count */
	uint64_t missing;
	struct bytes list;  /* all approvals that count, in the form of gate/approval/approvals */
	struct bytes proof; /* of this one, for the evidence: an object of JSON; or empty */
	struct bytes by;
	struct sk_use use;
};

void approval_given_init(struct approval_given *g);
void approval_given_deinit(struct approval_given *g);

/*
 * Whether the request's approval of the token may count; where it may not, the verdict says why.
 * The token is pending.
 */
bool decide_approval_take(
	const struct decide_input *in, struct verdict *v, struct approval_given *ret);

/* Adds it to a verdict that approves: where more are needed, the token stays pending. */
void decide_approval_add(
	const struct decide_input *in, struct verdict *v, struct approval_given *given);

/* Whether the signature of a refusal, if there is one, is good; else the verdict says why. */
bool decide_approval_of_refusal(const struct decide_input *in, struct verdict *v);

/*
 * Whether the approvals of an approved token, about which it is asked again, are still enough.
 * Where they are, the verdict gets them for the evidence; where they aren't, it denies.
 */
bool decide_approval_holds(const struct decide_input *in, struct verdict *v);

/* ": 1 of 2 approved", where a pending token has approvals. */
void decide_approval_explain(const struct decide_input *in, struct verdict *v);

/* What the request's rules demand, for a token that is to be issued. The groups go to `groups`. */
int decide_approval_demand(const struct decide_input *in, struct demand_flags *ret,
	struct bytes *groups, size_t *ret_n);

/*
 * Whether the rules in force demand for this request more than an operator's word: then an entry
 * that was added to the allowlist by hand does not answer it.
 */
bool decide_approval_is_demanded(const struct decide_input *in, struct verdict *v);

/* What an operator's client must know to sign: an object of JSON. */
int decide_approval_print_gate(const struct decide_input *in, struct bytes *b);

/* SPDX-License-Identifier: ISC */

/* Checks a retry against its token. */

#include "gate/decide-retry.h"

#include <string.h>

#include "gate/decide-allow.h"
#include "gate/decide-approval.h"
#include "gate/decide-demand.h"
#include "gate/decide-token.h"
#include "gate/fields.h"

bool decide_retry_claim_fits(const struct decide_input *in)
{
	const char *claim = in->request->request_fingerprint;

	return !claim || strcmp(claim, in->fingerprint_hex) == 0;
}

/*
 * The name of a difference from the request for which the token was issued; NULL if there is none.
 * By the second contract the fingerprint covers all fields.
 */
static const char *find_difference(const struct decide_input *in)
{
	const struct invocation *first = &in->token->asked, *retry = &in->request->asked;
	const bool other_fingerprint =
		memcmp(in->token->fingerprint, in->fingerprint, FINGERPRINT_LEN) != 0;
	enum field field;

	if (first->kind != retry->kind)
		return "kind";
	if (other_fingerprint && fields_contract(first) == CONTRACT_EXEC)
		return "fingerprint";
	field = fields_find_mismatch(first, retry);
	if (field < FIELDS)
		return field_rows[field].name;
	return other_fingerprint ? "fingerprint" : NULL;
}

/* Denies a retry that differs from the request for which the token was issued; else false. */
static bool deny_other_request(const struct decide_input *in, struct verdict *v)
{
	const char *name = find_difference(in);

	if (!name)
		return false;

	verdict_deny(v, "approval token is for another request: ");
	verdict_explain(v, "%s differs", name);
	return true;
}

/*
 * Denies, since the token can't become an allow any more. Gives the reason for its end if there is
 * one.
 */
static void deny_dead_token(const struct decide_input *in, struct verdict *v)
{
	const enum token_state state = decide_token_state(in);
	const struct token_step *step = token_step(state, TOKEN_RETRY);

	verdict_decide(v, step->decision, step->reason, RULE_TOKEN);
	v->token_state = state;
	if (in->token->reason)
		verdict_explain(v, ": %s", in->token->reason);
}

bool decide_retry_asks_again(const struct decide_input *in)
{
	const struct token *t = in->token;

	return t && t->uid == in->asker.uid && t->joined && t->state == TOKEN_CONSUMED
		&& decide_retry_claim_fits(in)
		&& fields_are_bound_alike(&t->asked, &in->request->asked);
}

bool decide_retry_begin(const struct decide_input *in, struct verdict *v)
{
	const struct token *t = in->token;

	if (!t || t->uid != in->asker.uid) {
		verdict_deny(v, REASON_NO_TOKEN);
		return false;
	}

	verdict_name_token(v, t);
	if (!token_state_is_live(decide_token_state(in))) {
		deny_dead_token(in, v);
		return false;
	}
	if (!decide_retry_claim_fits(in)) {
		verdict_deny(v, DECIDE_FALSE_CLAIM);
		return false;
	}
	return !deny_other_request(in, v);
}

/* The approval holds, but the request does not want to use it yet. */
static void spare_token(struct verdict *v)
{
	verdict_decide(v, DECISION_PENDING, "approved; the token is not consumed yet", RULE_TOKEN);
	v->approved = true;
}

void decide_retry_end(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	const struct token_step *step = token_step(decide_token_state(in), TOKEN_RETRY);

	if (step->to == TOKEN_CONSUMED) {
		if (!decide_approval_holds(in, v))
			return;
		if (in->request->spare) {
			spare_token(v);
			return;
		}
		decide_allow_keep(in, j, v);
	}
	decide_token_change(in, step->to, v);
	verdict_decide(v, step->decision, step->reason, RULE_TOKEN);
	if (step->decision == DECISION_PENDING) {
		decide_approval_explain(in, v);
		v->any_operator = in->request->prompt && !decide_demand_is_made_of_retry(in, v);
	}
}

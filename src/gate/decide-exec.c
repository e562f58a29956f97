/* SPDX-License-Identifier: ISC */

/*
 * A command is judged by the policy, and the allowlist may allow it. A retry is allowed once if an
 * operator has approved its token.
 */

#include "gate/decide-exec.h"

#include "gate/decide-allow.h"
#include "gate/decide-issue.h"
#include "gate/decide-retry.h"
#include "gate/decide-runner.h"
#include "gate/decide-token.h"
#include "gate/fields.h"

static void take_judgement(struct verdict *v, const struct judgement *j)
{
	verdict_decide(v, j->decision, NULL, j->rule);
	verdict_fail(v, judgement_append_reason(j, &v->reason));
}

/*
 * A request of the first contract can't name a pack. So if askers choose the pack, the first pack
 * is in force if there is no policy. The packs that the policy names are always in force.
 */
bool decide_exec_has_pack(const struct decide_input *in, size_t pack)
{
	return !in->settings->packs_by_asker || pack >= in->n_offered || (!in->policy && pack == 0);
}

/* If there are packs but no policy, the packs alone decide. */
static bool policy_decides(const struct decide_input *in)
{
	return in->policy || in->n_packs == 0;
}

static enum decision default_of(const struct decide_input *in, const struct policy *policy)
{
	const enum decision action = policy ? policy_default(policy) : DECISION_NONE;

	return action != DECISION_NONE ? action : in->settings->default_action;
}

enum decision decide_exec_default(const struct decide_input *in)
{
	struct judgement found = { 0 }, j = { 0 };

	if (policy_decides(in))
		found.decision = default_of(in, in->policy);
	for (size_t i = 0; i < in->n_packs; i++) {
		j.decision = default_of(in, in->packs[i]);
		if (decide_exec_has_pack(in, i))
			judgement_take_stricter(&found, &j);
	}
	return found.decision;
}

static int judge(const struct decide_input *in, struct judgement *ret)
{
	struct judgement found = { 0 }, j;
	bool remember = true;
	int r;

	if (policy_decides(in)) {
		r = policy_judge(
			in->policy, in->request, &in->asker, in->settings->default_action, &found);
		if (r < 0)
			return r;
		remember = found.remember || found.decision == DECISION_ALLOW;
	}
	for (size_t i = 0; i < in->n_packs; i++) {
		if (!decide_exec_has_pack(in, i))
			continue;
		r = policy_judge(
			in->packs[i], in->request, &in->asker, in->settings->default_action, &j);
		if (r < 0)
			return r;
		remember &= j.remember || j.decision == DECISION_ALLOW;
		if (judgement_is_stricter(&j, &found))
			found = j;
	}

	/* The allowlist may allow it only if every policy in force leaves it to the allowlist. */
	found.remember &= remember;
	*ret = found;
	return 0;
}

/* The checks of a retry are in the order of the design, section 6. */
static void decide_retry(const struct decide_input *in, struct verdict *v)
{
	struct judgement j;
	int r;

	if (!decide_retry_begin(in, v))
		return;

	r = judge(in, &j);
	if (r < 0)
		verdict_fail(v, r);
	else if (j.decision == DECISION_DENY)
		take_judgement(v, &j); /* the policy now overrides an earlier approval */
	else
		decide_retry_end(in, &j, v);
}

static void decide_first(const struct decide_input *in, struct verdict *v)
{
	struct judgement j;
	int r;

	r = judge(in, &j);
	if (r < 0)
		verdict_fail(v, r);
	else if (decide_allow_match(in, &j, v))
		return;
	else if (j.decision == DECISION_PENDING && in->request->resume && in->token)
		decide_retry(in, v);
	else if (j.decision == DECISION_PENDING)
		decide_issue(in, &j, v);
	else
		take_judgement(v, &j);
}

/* An asker that wants only the decision is never told to ask again, so its token ends now. */
static void end_waiting(const struct decide_input *in, struct verdict *v)
{
	if (!in->token)
		verdict_take_back(v);
	else if (in->token->sync_wait)
		v->change = decide_token_end(in->token, in->not_held, &in->now);
	verdict_decide(v, DECISION_DENY, in->not_held, RULE_TOKEN);
}

/* Why the fields of a front end that runs as root are refused; NULL: they are fine, or absent. */
static const char *find_false_front(const struct decide_input *in)
{
	const struct request *q = in->request;

	if (!q->on_behalf && !q->has_groups && !fields_are_of_root(&q->asked))
		return NULL;
	if (!in->is_root)
		return "only root may ask for another user, or say as whom a command would run";
	if (!q->on_behalf || !q->has_groups || !q->asked.via || !q->asked.run_as)
		return "on_behalf_uid, on_behalf_groups, via and run_as go together";
	return NULL;
}

void decide_exec(const struct decide_input *in, struct verdict *v)
{
	struct decide_input again = *in;

	again.token = NULL;
	if (in->closed) {
		verdict_deny(v, REASON_CLOSED);
		verdict_explain(v, "%s", in->closed);
	} else if (find_false_front(in)) {
		verdict_deny(v, find_false_front(in));
	} else if (decide_runner_denies(in, v)) {
		return;
	} else if (in->request->approval_token && decide_retry_asks_again(in)) {
		decide_first(&again, v);
	} else if (in->request->approval_token) {
		decide_retry(in, v);
	} else if (!decide_retry_claim_fits(in)) {
		verdict_deny(v, DECIDE_FALSE_CLAIM);
	} else {
		decide_first(in, v);
	}
	if (in->request->sync_wait && in->not_held && v->decision == DECISION_PENDING
		&& !v->approved)
		end_waiting(in, v);
}

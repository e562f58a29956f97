/* SPDX-License-Identifier: ISC */

/* The allowlist's part of the decision. */

#include "gate/decide-allow.h"

#include <errno.h>
#include <string.h>

#include "gate/decide-addition.h"
#include "gate/decide-demand.h"
#include "gate/decide-token.h"
#include "gate/fields.h"
#include "gate/limits.h"

bool decide_self_approval(const struct decide_input *in)
{
	return in->role == ROLE_ANY || in->settings->allow_self_approval;
}

static int find_entry(
	const struct decide_input *in, const struct judgement *j, const struct allow_entry **ret)
{
	if (in->request->action == ACTION_EVALUATE)
		return allowlist_match_asked(in->allowlist, in->request, &in->asker,
			decide_self_approval(in), in->allow_now, ret);
	return allowlist_match(in->allowlist, in->request, &in->asker, decide_self_approval(in),
		j->by_rule, policy_trusted(in->policy), in->allow_now, ret);
}

/* For what an entry was used last: the file that a command is, or the target. */
static const char *used_name(const struct request *q)
{
	if (q->action == ACTION_EVALUATE)
		return q->evaluate.shown_target ? q->evaluate.shown_target : "";
	return q->asked.real_path ? q->asked.real_path : q->asked.executable;
}

bool decide_allow_match(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	const struct allow_entry *entry = NULL;

	if (fields_keep_variables(&in->request->asked))
		return false;
	if (!in->allowlist || !j->remember || j->decision == DECISION_ALLOW)
		return false;

	verdict_fail(v, find_entry(in, j, &entry));
	if (!entry || (entry->signer && !decide_addition_holds(in, entry, v)))
		return false;
	if (!entry->always && !entry->signer && decide_demand_is_made(in, v))
		return false;

	v->used_id = strdup(entry->id);
	v->used_path = strdup(used_name(in->request));
	if (!v->used_id || !v->used_path)
		verdict_fail(v, -ENOMEM);

	verdict_decide(v, DECISION_ALLOW, "allowed by the allowlist (entry ", RULE_ALLOWLIST);
	verdict_explain_quoted(v, entry->id);
	verdict_explain(v, ")");
	return true;
}

static uint64_t end_of(const struct decide_input *in, uint64_t for_ms)
{
	return for_ms > 0 ? in->allow_now + for_ms : ALLOW_FOREVER;
}

void decide_allow_keep(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	const struct token *t = in->token;
	uint8_t id[TOKEN_ID_LEN];
	int r;

	if (!t->standing.always || !in->allowlist || !j->remember)
		return;

	in->make_id(id);
	r = allow_check_token(t, t->standing.scope, policy_trusted(in->policy), &why);
	if (r == 0)
		r = allow_entry_from_token(t, id, end_of(in, t->standing.for_ms), &v->allow.entry);
	if (r == 0)
		v->allow.kind = ALLOW_ADD;

	/* -EINVAL: the clock is so far ahead that the entry's times can't be written down. */
	if (r != -EINVAL)
		verdict_fail(v, r);
}

static void refuse_always(struct verdict *v, const char *why)
{
	verdict_conclude(v, OUTCOME_UNSUPPORTED, "can't be allowed always: ");
	verdict_explain(v, "%s", why);
}

/* Refuse now if no entry could be made, while the operator can still be told. */
void decide_allow_always(const struct decide_input *in, struct verdict *v)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	const struct token *t = in->token;
	int r;

	if (decide_token_state(in) == TOKEN_APPROVED
		&& !standing_is_same(&t->standing, &in->request->standing)) {
		refuse_always(v, "it is approved already, in another way");
		return;
	}

	if (t->asked.runner.text) {
		refuse_always(v, "a CI runner asks, and an entry would hold without its proof");
		return;
	}

	r = allowlist_check_token(
		in->allowlist, t, in->request->standing.scope, policy_trusted(in->policy), &why);
	if (r == ALLOW_FAULTY) {
		refuse_always(v, bytes_str(&why));
		return;
	}

	verdict_fail(v, r);
	decide_token_step(in, TOKEN_APPROVE, v);
	v->change.standing = in->request->standing;
}

static void decide_add(const struct decide_input *in, struct verdict *v)
{
	cleanup(addition_signer_deinit) struct addition_signer signer = { .key = BYTES_PRINTED };
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	const struct request *request = in->request;
	struct addition addition = request_addition(request);
	uint8_t id[TOKEN_ID_LEN];
	int r;

	if (allowlist_size(in->allowlist) >= LIMIT_ALLOW_ENTRIES) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, ALLOWLIST_FULL);
		return;
	}

	if (request->signature && !decide_addition_take(in, v, &signer))
		return;
	in->make_id(id);
	if (!addition.agent)
		addition.agent = ALLOW_AGENT_NONE;
	r = allow_entry_from_patterns(&addition, request->argv, in->asker.uid,
		request->signature ? &signer.signer : NULL, id, in->allow_now,
		end_of(in, request->standing.for_ms), &why, &v->allow.entry);
	if (r == ALLOW_FAULTY) {
		/* Nothing is added, so the signature is not used up. */
		v->sk_use = v->nonce = (struct sk_use){ 0 };
		verdict_conclude(v, OUTCOME_UNSUPPORTED, bytes_str(&why));
		return;
	}

	verdict_fail(v, r);
	v->allow.kind = ALLOW_ADD;
	verdict_conclude(v, OUTCOME_OK, NULL);
}

static void decide_remove(const struct decide_input *in, struct verdict *v)
{
	const struct allow_entry *entry = allowlist_find(in->allowlist, in->request->id);

	if (!entry) {
		verdict_conclude(v, OUTCOME_NOT_FOUND, "the allowlist has no such entry");
		return;
	}

	v->allow.id = strdup(in->request->id);
	v->allow.removed = strndup(entry->text, entry->len);
	v->allow.agent = strdup(entry->agent);
	if (!v->allow.id || !v->allow.removed || !v->allow.agent)
		verdict_fail(v, -ENOMEM);
	v->allow.kind = ALLOW_REMOVE;
	verdict_conclude(v, OUTCOME_OK, NULL);
}

void decide_allow_action(const struct decide_input *in, struct verdict *v)
{
	if (!in->allowlist)
		verdict_conclude(
			v, OUTCOME_UNSUPPORTED, "there is no allowlist without a state directory");
	else if (in->request->action == ACTION_ALLOW_LIST)
		verdict_show(v, VIEW_ALLOWLIST);
	else if (in->request->action == ACTION_ALLOW_ADD && in->settings->require_signature
		&& !in->request->signature)
		verdict_conclude(v, OUTCOME_UNSUPPORTED,
			REASON_SIGNATURE " for what is allowed from then on");
	else if (in->request->action == ACTION_ALLOW_ADD)
		decide_add(in, v);
	else
		decide_remove(in, v);
}

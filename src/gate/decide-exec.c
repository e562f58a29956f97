/* SPDX-License-Identifier: ISC */

/*
 * A command is judged by the policy, and the allowlist may allow it. A retry is allowed once if an
 * operator has approved its token.
 */

#include "gate/decide-exec.h"

#include <errno.h>
#include <string.h>

#include "base/notation.h"
#include "gate/allowlist/allow-line.h"
#include "gate/decide-allow.h"
#include "gate/decide-approval.h"
#include "gate/decide-token.h"
#include "gate/fields.h"
#include "gate/limits.h"

#define FALSE_CLAIM "request_fingerprint is not the request's"

/* An opaque line can be approved for good only if a rule says so, not by default. */
static int may_remember(const struct decide_input *in, const struct judgement *j, bool *ret)
{
	enum allow_line kind;
	int r;

	r = allow_line_kind(&in->request->asked, &kind);
	if (r < 0)
		return r;
	*ret = j->remember && (kind != ALLOW_LINE_OPAQUE || j->by_rule);
	return 0;
}

/* Error: -ENOMEM. */
static int make_token(const struct decide_input *in, const struct judgement *j, struct token **ret)
{
	cleanup(bytes_deinit) struct bytes groups = BYTES_INIT(BYTES_UNLIMITED);
	struct token t = {
		.state = TOKEN_PENDING,
		.asked = in->request->asked,
		.uid = in->asker.uid,
		.pid = in->asker.pid,
		.process = in->name_process ? in->name_process(in->userdata) : NULL,
		.rule = j->rule,
		.issued = in->now.clock.boot,
		.expires = in->now.clock.boot + in->settings->token_ttl,
		.issued_wall = in->now.clock.wall,
	};

	int r;

	memcpy(t.id, in->fresh_id, sizeof(t.id));
	memcpy(t.fingerprint, in->fingerprint, sizeof(t.fingerprint));
	memcpy(t.boot_id, in->now.boot_id, sizeof(t.boot_id));
	r = may_remember(in, j, &t.remember);
	if (r >= 0)
		r = decide_approval_demand(in, &t.demand, &groups, &t.approvers.n);
	if (r < 0)
		return r;

	t.approvers.text = bytes_str(&groups);
	t.approvers.len = groups.len;
	*ret = token_new(&t);
	return *ret ? 0 : -ENOMEM;
}

static void deny_for_store(struct verdict *v, uint64_t size, const char *whose)
{
	verdict_deny(v, REASON_LIMIT "tokens on record may take ");
	verdict_fail(v, notation_append_size(&v->reason, size));
	verdict_explain(v, "%s", whose);
}

/* Denies the request if a limit on pending tokens is reached; returns whether it did. */
static bool deny_for_pending(const struct decide_input *in, struct verdict *v)
{
	const struct settings *s = in->settings;

	if (in->usage.pending_alike >= s->max_pending_alike) {
		verdict_deny(v, REASON_LIMIT);
		verdict_explain(v, "uid %u has %llu pending tokens for this very request",
			(unsigned int)in->asker.uid, (unsigned long long)s->max_pending_alike);
		return true;
	}
	if (in->usage.pending_of_uid >= s->max_pending_of_uid) {
		verdict_deny(v, REASON_LIMIT);
		verdict_explain(v, "uid %u has %llu pending tokens", (unsigned int)in->asker.uid,
			(unsigned long long)s->max_pending_of_uid);
		return true;
	}
	return false;
}

static void issue(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	cleanup(token_change_deinit) struct token_change change = { .to = TOKEN_PENDING };
	const uint64_t max = in->settings->max_store, share = max / LIMIT_STORE_UIDS;
	int r;

	if (deny_for_pending(in, v))
		return;

	r = make_token(in, j, &change.issued);
	if (r >= 0)
		r = in->measure(&change, in->userdata);
	if (r < 0) {
		verdict_fail(v, r);
		return;
	}
	if (in->usage.bytes_of_uid + change.size > share) {
		deny_for_store(v, share, " for one uid");
		return;
	}
	if (in->usage.bytes + change.size > max) {
		deny_for_store(v, max, " in all");
		return;
	}

	verdict_name_token(v, change.issued);
	memcpy(change.id, change.issued->id, sizeof(change.id));
	v->change = change;
	change = (struct token_change){ 0 };
	verdict_decide(
		v, DECISION_PENDING, token_step(TOKEN_PENDING, TOKEN_RETRY)->reason, j->rule);
	if (j->reason)
		verdict_explain(v, ": %s", j->reason);
}

static void take_judgement(struct verdict *v, const struct judgement *j)
{
	verdict_decide(v, j->decision, NULL, j->rule);
	verdict_fail(v, judgement_append_reason(j, &v->reason));
}

/*
 * If the asker chooses the pack: the first contract can't name one, so the first pack is in force
 * if there is no policy.
 */
static size_t packs_of_commands(const struct decide_input *in)
{
	if (!in->settings->packs_by_asker)
		return in->n_packs;
	return in->policy || in->n_packs == 0 ? 0 : 1;
}

static int judge(const struct decide_input *in, struct judgement *ret)
{
	const size_t n = packs_of_commands(in);
	struct judgement found = { 0 }, j;
	bool remember = true;
	int r;

	/* If there are packs but no policy, the packs alone decide. */
	if (in->policy || n == 0) {
		r = policy_judge(
			in->policy, in->request, &in->asker, in->settings->default_action, &found);
		if (r < 0)
			return r;
		remember = found.remember || found.decision == DECISION_ALLOW;
	}
	for (size_t i = 0; i < n; i++) {
		r = policy_judge(
			in->packs[i], in->request, &in->asker, in->settings->default_action, &j);
		if (r < 0)
			return r;
		remember &= j.remember || j.decision == DECISION_ALLOW;
		if (judgement_is_stricter(&j, &found))
			found = j;
	}

	/* The allowlist may only allow it if each of them leaves it to the allowlist. */
	found.remember &= remember;
	*ret = found;
	return 0;
}

static bool claim_fits(const struct decide_input *in)
{
	char hex[FINGERPRINT_HEX_LEN + 1];

	notation_hex(in->fingerprint, FINGERPRINT_LEN, hex);
	return !in->request->request_fingerprint
		|| strcmp(in->request->request_fingerprint, hex) == 0;
}

/* Denies a retry that differs from the request for which the token was issued; else false. */
static bool deny_other_request(const struct decide_input *in, struct verdict *v)
{
	const struct token *t = in->token;
	enum field field;
	const char *name = NULL;

	field = fields_find_mismatch(&t->asked, &in->request->asked);
	if (memcmp(t->fingerprint, in->fingerprint, FINGERPRINT_LEN) != 0)
		name = "fingerprint";
	else if (field < FIELDS)
		name = field_rows[field].name;
	if (!name)
		return false;

	verdict_deny(v, "approval token is for another request: ");
	verdict_explain(v, "%s differs", name);
	return true;
}

/* The token can't become an allow any more. If it was revoked, give the operator's reason. */
static void deny_dead_token(const struct token *t, const struct token_step *step, struct verdict *v)
{
	verdict_decide(v, step->decision, step->reason, RULE_TOKEN);
	if (t->reason)
		verdict_explain(v, ": %s", t->reason);
}

/* The checks are in the order of the design, section 6. */
static void decide_retry(const struct decide_input *in, struct verdict *v)
{
	const struct token *t = in->token;
	const struct token_step *step;
	struct judgement j;
	int r;

	if (!t || t->uid != in->asker.uid) {
		verdict_deny(v, REASON_NO_TOKEN);
		return;
	}

	verdict_name_token(v, t);
	step = token_step(decide_token_state(in), TOKEN_RETRY);
	if (!token_state_is_live(decide_token_state(in))) {
		deny_dead_token(t, step, v);
		return;
	}
	if (!claim_fits(in)) {
		verdict_deny(v, FALSE_CLAIM);
		return;
	}
	if (deny_other_request(in, v))
		return;

	/* A policy that denies the request now overrides an earlier approval. */
	r = judge(in, &j);
	if (r < 0) {
		verdict_fail(v, r);
		return;
	}
	if (j.decision == DECISION_DENY) {
		take_judgement(v, &j);
		return;
	}

	if (step->to == TOKEN_CONSUMED) {
		if (!decide_approval_holds(in, v))
			return;
		decide_allow_keep(in, &j, v);
	}
	decide_token_change(in, step->to, v);
	verdict_decide(v, step->decision, step->reason, RULE_TOKEN);
	if (step->decision == DECISION_PENDING)
		decide_approval_explain(in, v);
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
		issue(in, &j, v);
	else
		take_judgement(v, &j);
}

void decide_exec(const struct decide_input *in, struct verdict *v)
{
	if (in->closed) {
		verdict_deny(v, REASON_CLOSED);
		verdict_explain(v, "%s", in->closed);
	} else if (in->request->approval_token) {
		decide_retry(in, v);
	} else if (!claim_fits(in)) {
		verdict_deny(v, FALSE_CLAIM);
	} else {
		decide_first(in, v);
	}
}

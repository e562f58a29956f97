/* SPDX-License-Identifier: ISC */

/*
 * Chooses the part of the decision for a request, and carries out the operators' actions on tokens.
 * A verdict starts as a deny, so a request that no function answers is denied.
 */

#include "gate/decide.h"

#include <string.h>

#include "base/notation.h"
#include "gate/approval-view.h"
#include "gate/approval/approval-text.h"
#include "gate/decide-allow.h"
#include "gate/decide-approval.h"
#include "gate/decide-evaluate.h"
#include "gate/decide-exec.h"
#include "gate/decide-may.h"
#include "gate/decide-token.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/rule.h"

#define STEPS_REASON \
	REASON_LIMIT \
	"matching a request with the patterns of all rules takes at most 33554432 steps"

_Static_assert(LIMIT_MATCH_STEPS == 33554432, "STEPS_REASON names it");

/* Whether the operator gave a fingerprint that is not the token's. */
static bool names_other_fingerprint(const struct decide_input *in)
{
	char hex[FINGERPRINT_HEX_LEN + 1];

	notation_hex(in->token->fingerprint, FINGERPRINT_LEN, hex);
	return in->request->fingerprint && strcmp(in->request->fingerprint, hex) != 0;
}

/* Whether the token is still live, but not in the state in which the operator saw it. */
static bool has_changed_since(const struct decide_input *in)
{
	enum token_state state = decide_token_state(in);

	return in->request->state != TOKEN_ABSENT && in->request->state != state
		&& token_state_is_live(state);
}

/*
 * Whether the operator approves their own request although self-approval is off. A signature names
 * its own signer, so its sender doesn't matter. If a signature is required but missing, a later
 * check says so.
 */
static bool approves_own(const struct decide_input *in, enum token_event event)
{
	return event == TOKEN_APPROVE && !in->request->signature && !in->settings->require_signature
		&& in->asker.uid == in->token->uid && !decide_self_approval(in);
}

static void approve(const struct decide_input *in, struct verdict *v)
{
	cleanup(approval_given_deinit) struct approval_given given;
	enum token_state state = decide_token_state(in);

	approval_given_init(&given);
	if (state == TOKEN_PENDING && !decide_approval_take(in, v, &given))
		return;
	if (in->request->standing.always && token_state_is_live(state))
		decide_allow_always(in, v);
	else
		decide_token_step(in, TOKEN_APPROVE, v);
	decide_approval_add(in, v, &given);
}

/* Approves or revokes one token. */
static void decide_operation(
	const struct decide_input *in, enum token_event event, struct verdict *v)
{
	if (!in->token) {
		verdict_conclude(v, OUTCOME_NOT_FOUND, REASON_NO_TOKEN);
		return;
	}

	verdict_name_token(v, in->token);
	if (names_other_fingerprint(in)) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, "fingerprint is not the token's");
	} else if (approves_own(in, event)) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED,
			"approving needs another user than the one who asked");
		if (in->approving)
			verdict_explain(v, ", or a signature");
	} else if (has_changed_since(in)) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, "the approval token is ");
		verdict_explain(
			v, "%s by now", token_state_word(token_state_name(decide_token_state(in))));
	} else if (event == TOKEN_APPROVE) {
		approve(in, v);
	} else if (decide_approval_of_refusal(in, v)) {
		decide_token_step(in, event, v);
	}
}

static void decide_show(const struct decide_input *in, struct verdict *v)
{
	if (!in->token) {
		verdict_conclude(v, OUTCOME_NOT_FOUND, REASON_NO_TOKEN);
		return;
	}

	verdict_name_token(v, in->token);
	verdict_show(v, VIEW_SHOW);
}

/* The record itself is looked up when the answer is printed. */
static void decide_receipt(const struct decide_input *in, struct verdict *v)
{
	if (!in->token) {
		verdict_conclude(v, OUTCOME_NOT_FOUND, REASON_NO_TOKEN);
		return;
	}

	verdict_name_token(v, in->token);
	if (in->token->evidence == 0)
		verdict_conclude(v, OUTCOME_NOT_FOUND,
			"no allow on record rests on a signed or counted approval of it");
	else
		verdict_show(v, VIEW_RECEIPT);
}

/* Gives an operator's client what it needs to know to sign. */
static void decide_gate(const struct decide_input *in, struct verdict *v)
{
	char gate[2 * APPROVAL_GATE_LEN + 1];

	if (in->gate && (!in->approving || in->role == ROLE_AGENT)) {
		verdict_show(v, VIEW_LINES);
		notation_hex(in->gate, APPROVAL_GATE_LEN, gate);
		verdict_fail(v, bytes_appendf(&v->lines, "{\"gate\":\"%s\"}\n", gate));
	} else if (!in->approving) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED,
			"this gate takes no signatures: it has no file of approvers");
		v->unrecorded = true;
	} else if (in->request->token_id && !in->token) {
		verdict_conclude(v, OUTCOME_NOT_FOUND, REASON_NO_TOKEN);
	} else {
		verdict_show(v, VIEW_LINES);
		verdict_fail(v, approval_view_gate(in, &v->lines));
	}
}

static void decide_rotate(const struct decide_input *in, struct verdict *v)
{
	if (in->has_evidence)
		verdict_show(v, VIEW_SEGMENT);
	else
		verdict_conclude(
			v, OUTCOME_UNSUPPORTED, "this daemon keeps no record of its decisions");
}

static void decide_revoke(const struct decide_input *in, struct verdict *v)
{
	if (in->request->token_id) {
		decide_operation(in, TOKEN_REVOKE, v);
		return;
	}

	v->many = true;
	verdict_show(v, VIEW_CHANGED);
}

/* Whether the action is refused because the daemon is closed. */
static bool is_closed_for(const struct decide_input *in)
{
	switch (in->request->action) {
	case ACTION_LIST:
	case ACTION_SHOW:
	case ACTION_WATCH:
		return !in->readable;
	case ACTION_ALLOW_LIST:
		return in->closed && !in->allowlist;
	case ACTION_GATE:
	case ACTION_RECEIPT:
	case ACTION_APPROVE:
	case ACTION_REVOKE:
	case ACTION_ALLOW_ADD:
	case ACTION_ALLOW_REMOVE:
	case ACTION_ROTATE:
		return in->closed;
	default:
		return false;
	}
}

static void decide_action(const struct decide_input *in, struct verdict *v)
{
	/* An asker that signs names the gate. */
	if (in->role == ROLE_AGENT && !(in->request->action == ACTION_GATE && in->gate)) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED,
			"operators' actions are taken at the operator door, this is the agent "
			"door");
		return;
	}
	if (is_closed_for(in)) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, REASON_CLOSED);
		verdict_explain(v, "%s", in->closed);
		return;
	}

	switch (in->request->action) {
	case ACTION_STATUS:
		verdict_show(v, VIEW_STATUS);
		break;
	case ACTION_APPROVE:
		decide_operation(in, TOKEN_APPROVE, v);
		break;
	case ACTION_REVOKE:
		decide_revoke(in, v);
		break;
	case ACTION_LIST:
		verdict_show(v, VIEW_LIST);
		break;
	case ACTION_SHOW:
		decide_show(in, v);
		break;
	case ACTION_GATE:
		decide_gate(in, v);
		break;
	case ACTION_RECEIPT:
		decide_receipt(in, v);
		break;
	case ACTION_WATCH:
		verdict_show(v, VIEW_WATCH);
		break;
	case ACTION_ROTATE:
		decide_rotate(in, v);
		break;
	case ACTION_ALLOW_LIST:
	case ACTION_ALLOW_ADD:
	case ACTION_ALLOW_REMOVE:
		decide_allow_action(in, v);
		break;
	default:
		verdict_conclude(v, OUTCOME_UNSUPPORTED, "not an operator's action");
	}
}

/*
 * Whether it is an asker's request: every request at the agent door, and the actions of askers at
 * any other door.
 */
static bool is_of_asker(const struct decide_input *in)
{
	return in->role == ROLE_AGENT || in->request->action == ACTION_EXEC
		|| in->request->action == ACTION_NONE || in->request->action == ACTION_DONE
		|| in->request->action == ACTION_WITHDRAW || in->request->action == ACTION_MAY
		|| in->request->own;
}

static void decide_full(const struct decide_input *in, struct verdict *v)
{
	if (in->request->action == ACTION_EXEC || in->request->action == ACTION_NONE)
		verdict_deny(v, REASON_CLOSED);
	else
		verdict_conclude(v, OUTCOME_UNSUPPORTED, REASON_CLOSED);
	verdict_explain(v, "%s", in->full);
	v->unrecorded = true;
}

/*
 * A report of an asker, at any door. The reply is the same for every record that isn't open,
 * whatever the reason. Such a report is not recorded, so that it can't fill the log.
 */
static void decide_done(const struct decide_input *in, struct verdict *v)
{
	if (in->closed) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, REASON_CLOSED);
		verdict_explain(v, "%s", in->closed);
	} else if (in->may_report) {
		verdict_conclude(v, OUTCOME_OK, NULL);
	} else {
		verdict_conclude(v, OUTCOME_NOT_FOUND, "no such record is open for a report");
		v->unrecorded = true;
	}
}

/*
 * What askers do with their own tokens, at any door. For another user's token the answer is the
 * same as for a token that doesn't exist.
 */
static void decide_own(const struct decide_input *in, struct verdict *v)
{
	const bool lists = in->request->action == ACTION_LIST;

	if (lists ? !in->readable : in->closed != NULL) {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, REASON_CLOSED);
		verdict_explain(v, "%s", in->closed ? in->closed : "");
	} else if (lists) {
		verdict_show(v, VIEW_OWN);
	} else if (!in->token || in->token->uid != in->asker.uid) {
		verdict_conclude(v, OUTCOME_NOT_FOUND, REASON_NO_TOKEN);
	} else {
		verdict_name_token(v, in->token);
		decide_token_step(in, TOKEN_WITHDRAW, v);
	}
}

static void decide_any(const struct decide_input *in, struct verdict *v)
{
	const struct request *request = in->request;
	bool exec = request->action == ACTION_EXEC || request->action == ACTION_NONE;

	if (request->action == ACTION_EVALUATE)
		decide_evaluate(in, v);
	else if (in->full && is_of_asker(in))
		decide_full(in, v);
	else if (request->fault && exec)
		verdict_deny(v, request->fault);
	else if (request->fault)
		verdict_conclude(v, OUTCOME_UNSUPPORTED, request->fault);
	else if (exec)
		decide_exec(in, v);
	else if (request->action == ACTION_DONE)
		decide_done(in, v);
	else if (request->action == ACTION_WITHDRAW || request->own)
		decide_own(in, v);
	else if (request->action == ACTION_MAY)
		decide_may(in, v);
	else
		decide_action(in, v);
}

/* The budget of steps was spent before all patterns were matched, so the decision is discarded. */
static void decide_unmatched(const struct decide_input *in, struct verdict *v)
{
	verdict_deinit(v);
	verdict_init(v);
	if (is_of_asker(in) || in->request->action == ACTION_EVALUATE) {
		verdict_decide(v, DECISION_DENY, STEPS_REASON, RULE_STEPS);
		verdict_grade(v, SEVERITY_CRITICAL, NULL, NULL);
	} else {
		verdict_conclude(v, OUTCOME_UNSUPPORTED, STEPS_REASON);
	}
}

/* Whether the verdict needs the store. A decision of the policy alone does not. */
static bool needs_store(const struct decide_input *in, const struct verdict *v)
{
	return v->decision == DECISION_PENDING || verdict_rests_on_record(v) || verdict_changes(v)
		|| in->request->approval_token;
}

/* Replaces the decision by a denial, since the store's server can't be reached. */
static void decide_away(const struct decide_input *in, struct verdict *v)
{
	verdict_deinit(v);
	verdict_init(v);
	if (in->request->action == ACTION_EVALUATE) {
		verdict_decide(v, DECISION_DENY, REASON_CLOSED, RULE_CLOSED);
		verdict_grade(v, SEVERITY_CRITICAL, NULL, NULL);
	} else {
		verdict_deny(v, REASON_CLOSED);
	}
	verdict_explain(v, "%s", in->away);
}

int decide(const struct decide_input *in, struct verdict *ret)
{
	struct verdict v;
	int r;

	verdict_init(&v);
	glob_budget_begin(LIMIT_MATCH_STEPS);
	decide_any(in, &v);
	if (glob_budget_end())
		decide_unmatched(in, &v);
	if (in->away && needs_store(in, &v))
		decide_away(in, &v);
	r = v.error;
	if (r < 0)
		verdict_deinit(&v);
	else
		*ret = v;
	return r;
}

/* SPDX-License-Identifier: ISC */

/*
 * The decision. Every function here gives the whole answer through answer_…() or verdict_…() and
 * returns; what falls out of none of them does not exist, since a verdict starts as a deny.
 */

#include "gate/decide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/decide-internal.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/token/token-json.h"

#define NOT_FOUND_REASON "approval token not found"

static const char *const role_names[] = {
	[ROLE_AGENT] = "agent",
	[ROLE_OPERATOR] = "operator",
	[ROLE_ANY] = "any",
};

const char *role_name(enum role role)
{
	return role_names[role];
}

int role_parse(const char *name, enum role *ret)
{
	for (enum role role = ROLE_AGENT; role <= ROLE_ANY; role++) {
		if (strcmp(name, role_names[role]) == 0) {
			*ret = role;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_reason(struct verdict *v, const char *reason)
{
	bytes_clear(&v->reason);
	return reason ? bytes_append_str(&v->reason, reason) : 0;
}

int verdict_decide(struct verdict *v, enum decision decision, const char *reason, const char *rule)
{
	char *copy = NULL;

	if (rule) {
		copy = strdup(rule);
		if (!copy)
			return -ENOMEM;
	}

	free(v->rule);
	v->rule = copy;
	v->decision = decision;
	v->outcome = OUTCOME_NONE;
	return set_reason(v, reason);
}

static int answer_deny(struct verdict *v, const char *reason)
{
	return verdict_decide(v, DECISION_DENY, reason, NULL);
}

int verdict_conclude(struct verdict *v, enum outcome outcome, const char *reason)
{
	v->decision = DECISION_NONE;
	v->outcome = outcome;
	return set_reason(v, reason);
}

/* "limit reached: …". */
static int __attribute__((format(printf, 2, 3)))
answer_limit(struct verdict *v, const char *format, ...)
{
	va_list ap;
	int r;

	r = answer_deny(v, "limit reached: ");
	if (r < 0)
		return r;

	va_start(ap, format);
	r = bytes_vappendf(&v->reason, format, ap);
	va_end(ap);
	return r;
}

static int answer_store_limit(struct verdict *v, uint64_t size, const char *whose)
{
	int r;

	r = answer_limit(v, "tokens on record may take ");
	if (r >= 0)
		r = notation_append_size(&v->reason, size);
	if (r >= 0)
		r = bytes_append_str(&v->reason, whose);
	return r;
}

static void name_token(struct verdict *v, const struct token *t)
{
	v->has_token = true;
	v->expires_wall = token_expires_wall(t);
	memcpy(v->token_id, t->id, sizeof(v->token_id));
}

static void set_change(struct verdict *v, const struct token *t, enum token_state to)
{
	if (to == TOKEN_ABSENT)
		return;

	v->change = (struct token_change){ .from = t->state, .to = to };
	memcpy(v->change.id, t->id, sizeof(v->change.id));
}

/* The state in which it is to be seen: its time may be over before the store has noticed. */
static enum token_state state_at(const struct token *t, const struct moment *now)
{
	if (token_state_is_live(t->state) && token_is_over(t, now))
		return TOKEN_EXPIRED;
	return t->state;
}

enum token_state question_state(const struct question *q)
{
	return state_at(q->token, &q->now);
}

static struct token *make_token(const struct question *q, const struct judgement *j)
{
	struct token t = {
		.state = TOKEN_PENDING,
		.asked = q->request->asked,
		.uid = q->asker.uid,
		.pid = q->asker.pid,
		.process = q->name_process ? q->name_process(q->userdata) : NULL,
		.rule = j->rule,
		.remember = j->remember,
		.issued = q->now.clock.boot,
		.expires = q->now.clock.boot + q->settings->token_ttl,
		.issued_wall = q->now.clock.wall,
	};

	memcpy(t.id, q->fresh_id, sizeof(t.id));
	memcpy(t.fingerprint, q->fingerprint, sizeof(t.fingerprint));
	memcpy(t.boot_id, q->now.boot_id, sizeof(t.boot_id));
	return token_new(&t);
}

static int decide_issue(const struct question *q, const struct judgement *j, struct verdict *v)
{
	const struct settings *s = q->settings;
	cleanup(token_change_deinit) struct token_change change = { .to = TOKEN_PENDING };
	int r;

	if (q->usage.pending_alike >= s->max_pending_alike)
		return answer_limit(v, "uid %u has %llu pending tokens for this very request",
			(unsigned int)q->asker.uid, (unsigned long long)s->max_pending_alike);
	if (q->usage.pending_of_uid >= s->max_pending_of_uid)
		return answer_limit(v, "uid %u has %llu pending tokens", (unsigned int)q->asker.uid,
			(unsigned long long)s->max_pending_of_uid);

	change.issued = make_token(q, j);
	if (!change.issued)
		return -ENOMEM;

	r = q->measure(&change, q->userdata);
	if (r < 0)
		return r;
	if (q->usage.bytes_of_uid + change.size > s->max_store / LIMIT_STORE_UIDS)
		return answer_store_limit(v, s->max_store / LIMIT_STORE_UIDS, " for one uid");
	if (q->usage.bytes + change.size > s->max_store)
		return answer_store_limit(v, s->max_store, " in all");

	name_token(v, change.issued);
	memcpy(change.id, change.issued->id, sizeof(change.id));
	v->change = change;
	change = (struct token_change){ 0 };
	r = verdict_decide(
		v, DECISION_PENDING, token_step(TOKEN_PENDING, TOKEN_RETRY)->reason, j->rule);
	return r < 0 || !j->reason ? r : bytes_appendf(&v->reason, ": %s", j->reason);
}

static int answer_judgement(struct verdict *v, const struct judgement *j)
{
	int r;

	r = verdict_decide(v, j->decision, NULL, j->rule);
	return r < 0 ? r : judgement_append_reason(j, &v->reason);
}

static int judge(const struct question *q, struct judgement *ret)
{
	return policy_judge(q->policy, q->request, &q->asker, q->settings->default_action, ret);
}

static int decide_fresh(const struct question *q, struct verdict *v)
{
	struct judgement j;
	int r;

	r = judge(q, &j);
	if (r < 0)
		return r;
	r = decide_by_allowlist(q, &j, v);
	if (r != 0)
		return r < 0 ? r : 0;
	return j.decision == DECISION_PENDING ? decide_issue(q, &j, v) : answer_judgement(v, &j);
}

static bool claim_fits(const char *claim, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	char hex[FINGERPRINT_HEX_LEN + 1];

	notation_hex(fingerprint, FINGERPRINT_LEN, hex);
	return !claim || strcmp(claim, hex) == 0;
}

static int deny_claim(struct verdict *v)
{
	return answer_deny(v, "request_fingerprint is not the request's");
}

/* A revoked token's answer carries what the operator said. */
static int append_reason(struct verdict *v, const struct token *t)
{
	return t->reason ? bytes_appendf(&v->reason, ": %s", t->reason) : 0;
}

/* In the order of the design, section 6. */
static int decide_retry(const struct question *q, struct verdict *v)
{
	const struct token *t = q->token;
	const struct token_step *step;
	struct judgement j = { 0 };
	const struct invocation_field *field;
	int r;

	if (!t || t->uid != q->asker.uid)
		return answer_deny(v, NOT_FOUND_REASON);

	name_token(v, t);
	step = token_step(question_state(q), TOKEN_RETRY);
	if (!token_state_is_live(question_state(q))) {
		r = verdict_decide(v, step->decision, step->reason, RULE_TOKEN);
		return r < 0 ? r : append_reason(v, t);
	}

	if (!claim_fits(q->request->request_fingerprint, q->fingerprint))
		return deny_claim(v);
	if (memcmp(t->fingerprint, q->fingerprint, FINGERPRINT_LEN) != 0)
		return answer_deny(v, "approval token is for another request: fingerprint differs");

	field = fields_find_mismatch(&t->asked, &q->request->asked);
	if (field) {
		r = answer_deny(v, "approval token is for another request: ");
		return r < 0 ? r : bytes_appendf(&v->reason, "%s differs", field->name);
	}

	/* What is denied by now is not allowed by what a person said before. */
	r = judge(q, &j);
	if (r < 0)
		return r;
	if (j.decision == DECISION_DENY)
		return answer_judgement(v, &j);

	r = step->to == TOKEN_CONSUMED ? decide_entry(q, &j, v) : 0;
	if (r < 0)
		return r;

	set_change(v, t, step->to);
	return verdict_decide(v, step->decision, step->reason, RULE_TOKEN);
}

static int decide_exec(const struct question *q, struct verdict *v)
{
	if (q->closed) {
		int r = answer_deny(v, REASON_CLOSED);
		return r < 0 ? r : bytes_append_str(&v->reason, q->closed);
	}

	if (q->request->approval_token)
		return decide_retry(q, v);
	if (!claim_fits(q->request->request_fingerprint, q->fingerprint))
		return deny_claim(v);
	return decide_fresh(q, v);
}

/* A blank reason is none. */
static const char *reason_of(const struct request *request)
{
	return request->reason && !text_is_blank(request->reason) ? request->reason : NULL;
}

int decide_step(const struct question *q, enum token_event event, struct verdict *v)
{
	const struct token_step *step = token_step(question_state(q), event);

	set_change(v, q->token, step->to);
	if (event == TOKEN_REVOKE)
		v->change.reason = reason_of(q->request);
	return verdict_conclude(v, step->outcome, step->reason);
}

struct token_change decide_revocation(
	const struct request *request, const struct token *t, const struct moment *now)
{
	const struct token_step *step = token_step(state_at(t, now), TOKEN_REVOKE);
	struct token_change change = { .reason = reason_of(request) };

	if (step->to == TOKEN_ABSENT || !request_selects(request, t))
		return change;

	change.from = t->state;
	change.to = step->to;
	memcpy(change.id, t->id, sizeof(change.id));
	return change;
}

/* Whether somebody else was faster than the operator, who saw it in another state. */
static bool has_moved_on(const struct question *q)
{
	enum token_state state = question_state(q);

	return q->request->state != TOKEN_ABSENT && q->request->state != state
		&& token_state_is_live(state);
}

static int answer_changed(const struct question *q, struct verdict *v)
{
	int r;

	r = verdict_conclude(v, OUTCOME_UNSUPPORTED, "the approval token is ");
	return r < 0 ? r
		     : bytes_appendf(&v->reason, "%s by now", token_state_name(question_state(q)));
}

/* Approve and revoke. */
static int decide_operation(const struct question *q, enum token_event event, struct verdict *v)
{
	if (!q->token)
		return verdict_conclude(v, OUTCOME_NOT_FOUND, NOT_FOUND_REASON);

	name_token(v, q->token);
	if (q->request->fingerprint && !claim_fits(q->request->fingerprint, q->token->fingerprint))
		return verdict_conclude(v, OUTCOME_UNSUPPORTED, "fingerprint is not the token's");

	if (event == TOKEN_APPROVE && q->role == ROLE_OPERATOR && q->asker.uid == q->token->uid
		&& !q->settings->allow_self_approval)
		return verdict_conclude(v, OUTCOME_UNSUPPORTED,
			"approving needs another user than the one who asked");
	if (has_moved_on(q))
		return answer_changed(q, v);

	if (event == TOKEN_APPROVE && q->request->always && token_state_is_live(question_state(q)))
		return decide_always(q, v);
	return decide_step(q, event, v);
}

int verdict_show(struct verdict *v, enum view view)
{
	v->view = view;
	return verdict_conclude(v, OUTCOME_OK, NULL);
}

static int decide_show(const struct question *q, struct verdict *v)
{
	if (!q->token)
		return verdict_conclude(v, OUTCOME_NOT_FOUND, NOT_FOUND_REASON);

	name_token(v, q->token);
	return verdict_show(v, VIEW_SHOW);
}

static int decide_revoke(const struct question *q, struct verdict *v)
{
	if (q->request->token_id)
		return decide_operation(q, TOKEN_REVOKE, v);

	v->many = true;
	return verdict_show(v, VIEW_CHANGED);
}

int verdict_close(const struct question *q, struct verdict *v)
{
	int r;

	r = verdict_conclude(v, OUTCOME_UNSUPPORTED, REASON_CLOSED);
	return r < 0 ? r : bytes_append_str(&v->reason, q->closed);
}

static int decide_action(const struct question *q, struct verdict *v)
{
	if (q->role == ROLE_AGENT)
		return verdict_conclude(v, OUTCOME_UNSUPPORTED,
			"operators' actions are taken at the operator door, this is the agent "
			"door");
	if (q->request->action == ACTION_STATUS)
		return verdict_show(v, VIEW_STATUS);

	switch (q->request->action) {
	case ACTION_APPROVE:
		return q->closed ? verdict_close(q, v) : decide_operation(q, TOKEN_APPROVE, v);
	case ACTION_REVOKE:
		return q->closed ? verdict_close(q, v) : decide_revoke(q, v);
	case ACTION_LIST:
		return q->readable ? verdict_show(v, VIEW_LIST) : verdict_close(q, v);
	case ACTION_SHOW:
		return q->readable ? decide_show(q, v) : verdict_close(q, v);
	case ACTION_WATCH:
		return q->readable ? verdict_show(v, VIEW_WATCH) : verdict_close(q, v);
	case ACTION_ALLOW_LIST:
	case ACTION_ALLOW_ADD:
	case ACTION_ALLOW_REMOVE:
		return decide_allow_action(q, v);
	default:
		return verdict_conclude(v, OUTCOME_UNSUPPORTED, "not an operator's action");
	}
}

static int decide_any(const struct question *q, struct verdict *v)
{
	bool exec = q->request->action == ACTION_EXEC || q->request->action == ACTION_NONE;

	if (q->request->fault)
		return exec ? answer_deny(v, q->request->fault)
			    : verdict_conclude(v, OUTCOME_UNSUPPORTED, q->request->fault);
	return exec ? decide_exec(q, v) : decide_action(q, v);
}

int decide(const struct question *question, struct verdict *verdict)
{
	struct verdict v = {
		.decision = DECISION_DENY,
		.reason = BYTES_INIT(BYTES_UNLIMITED),
	};
	int r;

	r = decide_any(question, &v);
	if (r < 0) {
		verdict_deinit(&v);
		return r;
	}

	*verdict = v;
	return 0;
}

int verdict_refuse(struct verdict *v, const char *reason)
{
	verdict_forget_allow(v);
	v->view = VIEW_NONE;
	v->many = false;
	free(v->rule);
	v->rule = NULL;
	return v->decision != DECISION_NONE ? answer_deny(v, reason)
					    : verdict_conclude(v, OUTCOME_UNSUPPORTED, reason);
}

void verdict_forget_allow(struct verdict *v)
{
	allow_entry_free(v->allow.entry);
	free(v->allow.id);
	free(v->used_id);
	free(v->used_path);
	v->allow = (struct allow_change){ 0 };
	v->used_id = v->used_path = NULL;
}

void verdict_deinit(struct verdict *v)
{
	verdict_forget_allow(v);
	bytes_deinit(&v->reason);
	free(v->rule);
	v->rule = NULL;
	token_change_deinit(&v->change);
}

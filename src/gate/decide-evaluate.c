/* SPDX-License-Identifier: ISC */

/*
 * A request of the second contract is judged by each policy in force: the operator's, and those of
 * the packs. The strictest judgement decides; among equals, the first.
 */

#include "gate/decide-evaluate.h"

#include <string.h>

#include "base/array.h"
#include "gate/decide-allow.h"
#include "gate/decide-issue.h"
#include "gate/decide-retry.h"
#include "gate/decide-runner.h"
#include "gate/decide-token.h"
#include "gate/evaluate-asked.h"
#include "gate/limits.h"
#include "gate/policy/guarded.h"
#include "gate/policy/target.h"

#define APPROVERS_SECURITY "Platform Security"
#define APPROVERS_RELEASE "Release Governance"

/* A rule of gate/release. */
#define RULE_RELEASE_APPROVED "release_governance.approval.approved"

/* The policies that judge a request; among equal judgements, an earlier policy decides. */
struct in_force {
	const struct policy *policies[1 + LIMIT_PACKS];
	size_t n;
};

static bool is_called(const struct policy *policy, const char *name)
{
	return policy_id(policy) && strcmp(policy_id(policy), name) == 0;
}

static const struct policy *find_pack(const struct decide_input *in, const char *name)
{
	for (size_t i = 0; i < in->n_packs; i++)
		if (is_called(in->packs[i], name))
			return in->packs[i];
	return NULL;
}

static void put_in_force(struct in_force *f, const struct policy *policy)
{
	if (policy && f->n < LENGTH(f->policies))
		f->policies[f->n++] = policy;
}

/*
 * If askers choose the pack and this asker chose none, the operator's policy is in force, or else
 * the first pack. The packs that the policy names are always in force.
 */
static struct in_force find_in_force(const struct decide_input *in)
{
	const char *name = in->request->evaluate.policy_pack;
	const bool chosen = in->settings->packs_by_asker;
	const struct policy *pack = NULL;
	struct in_force f = { 0 };

	if (chosen && name)
		pack = find_pack(in, name);
	else if (chosen && !in->policy && in->n_packs > 0)
		pack = in->packs[0];

	put_in_force(&f, in->policy);
	for (size_t i = 0; i < in->n_packs; i++)
		if (!chosen || i >= in->n_offered || in->packs[i] == pack)
			put_in_force(&f, in->packs[i]);
	return f;
}

static bool names_unknown_pack(const struct decide_input *in)
{
	const char *name = in->request->evaluate.policy_pack;

	return name && !find_pack(in, name) && !(in->policy && is_called(in->policy, name));
}

/* --- judging ---------------------------------------------------------------------------------- */

/* A URL that programs read in different ways is refused, also without a policy. */
static struct judgement refused_url(const struct target *t)
{
	return (struct judgement){ .decision = DECISION_DENY,
		.rule = RULE_URL,
		.reason = t->url_fault,
		.named = true,
		.severity = SEVERITY_HIGH };
}

static void judge_by_policies(
	const struct in_force *f, const struct target *t, struct judgement *found)
{
	struct judgement j;

	for (size_t i = 0; i < f->n; i++) {
		j = policy_judge_target(f->policies[i], t);
		judgement_take_stricter(found, &j);
	}
}

/* Judges a line as the argument of `sh -c`. Without a policy, guarded files are still guarded. */
static int judge_line(
	const struct decide_input *in, const struct in_force *f, struct judgement *found)
{
	cleanup(bytes_deinit) struct bytes args = BYTES_PRINTED;
	struct request shell;
	struct judgement j;
	int r;

	r = evaluate_make_shell(in->request, &args, &shell);
	if (r < 0)
		return r;

	for (size_t i = 0; i == 0 || i < f->n; i++) {
		const struct policy *policy = f->n > 0 ? f->policies[i] : NULL;

		r = policy_judge(policy, &shell, &in->asker, in->settings->default_action, &j);
		if (r < 0)
			return r;
		if (!j.policy_id && policy)
			j.policy_id = policy_id(policy);
		judgement_take_stricter(found, &j);
	}
	return 0;
}

/*
 * Writing a guarded file needs a person, unless a rule names this very file: its content is run or
 * obeyed later.
 */
static void judge_guarded(const struct target *t, struct judgement *found)
{
	bool guarded = false;

	for (size_t i = 0; i < t->n; i++)
		guarded |= guarded_is_if_written(t->texts[i].text);
	if (guarded && !found->literal)
		judgement_take_stricter(found,
			&(struct judgement){ .decision = DECISION_PENDING,
				.rule = RULE_GUARDED,
				.reason = "what is written there is run or obeyed later",
				.named = true,
				.severity = SEVERITY_HIGH,
				.approvers = APPROVERS_SECURITY,
				.policy_id = found->policy_id });
}

/* Writing a file that may not be read needs at least a person's approval. */
static int judge_unreadable(
	const struct decide_input *in, const struct in_force *f, struct judgement *found)
{
	struct judgement read = { 0 };
	struct target t;
	int r;

	r = target_init(&t, in->request, &in->asker);
	if (r < 0)
		return r;

	t.kind = KIND_READ;
	judge_by_policies(f, &t, &read);
	target_deinit(&t);
	if (read.named && read.decision != DECISION_ALLOW)
		judgement_take_stricter(found,
			&(struct judgement){ .decision = DECISION_PENDING,
				.rule = RULE_UNREADABLE,
				.reason = "it is a file that may not be read",
				.named = true,
				.severity = SEVERITY_HIGH,
				.approvers = APPROVERS_SECURITY,
				.policy_id = read.policy_id });
	return 0;
}

static int judge_target(
	const struct decide_input *in, const struct in_force *f, struct judgement *found)
{
	const enum kind kind = in->request->evaluate.kind;
	struct judgement j;
	struct target t;
	int r;

	if (kind == KIND_EXEC)
		return judge_line(in, f, found);
	r = target_init(&t, in->request, &in->asker);
	if (r < 0)
		return r;

	if (kind == KIND_MCP && in->registry) {
		j = registry_judge(in->registry, &t);
		judgement_take_stricter(found, &j);
	}
	judge_by_policies(f, &t, found);
	if (found->decision == DECISION_NONE && t.url_fault)
		*found = refused_url(&t);
	if (found->decision == DECISION_NONE)
		*found = judgement_by_runtime(NULL);
	if (kind == KIND_WRITE)
		judge_guarded(&t, found);
	target_deinit(&t);
	return kind == KIND_WRITE ? judge_unreadable(in, f, found) : 0;
}

static struct judgement judge_release(const struct decide_input *in, bool on_record)
{
	const struct release_judgement j = release_judge(
		&in->request->evaluate.release, on_record || in->settings->approvals_claimed);

	return (struct judgement){
		.decision = j.decision,
		.rule = j.rule,
		.reason = "release governance",
		.named = true,
		.severity = j.severity,
		.approvers = j.decision == DECISION_ALLOW ? NULL : APPROVERS_RELEASE,
	};
}

static void refuse(struct verdict *v, const char *reason, const char *rule)
{
	verdict_decide(v, DECISION_DENY, reason, rule);
	verdict_grade(v, SEVERITY_CRITICAL, NULL, NULL);
}

static void refuse_closed(struct verdict *v, const char *why)
{
	refuse(v, REASON_CLOSED, RULE_CLOSED);
	verdict_explain(v, "%s", why);
}

/* Refuses what need not be judged; returns whether it did. */
static bool refuse_unjudged(const struct decide_input *in, struct verdict *v)
{
	const struct request *request = in->request;

	if (in->full) {
		refuse_closed(v, in->full);
		v->unrecorded = true;
	} else if (request->fault) {
		refuse(v, request->fault, RULE_MALFORMED);
	} else if (in->closed) {
		refuse_closed(v, in->closed);
	} else if (names_unknown_pack(in)) {
		verdict_decide(v, DECISION_DENY,
			"no policy pack of this name is in force: ", RULE_UNKNOWN_PACK);
		verdict_explain_quoted(v, request->evaluate.policy_pack);
		verdict_grade(v, SEVERITY_HIGH, NULL, NULL);
	} else {
		return decide_runner_denies(in, v);
	}
	return true;
}

/*
 * `on_record`: the approval that a release names is a token of this daemon, and approves this
 * release.
 */
static int judge(const struct decide_input *in, bool on_record, struct judgement *ret)
{
	const enum kind kind = in->request->evaluate.kind;
	const struct in_force f = find_in_force(in);
	struct judgement j = { 0 };
	int r = 0;

	if (kind == KIND_RELEASE)
		j = judge_release(in, on_record);
	else if (kind != KIND_OTHER)
		r = judge_target(in, &f, &j);
	if (r < 0)
		return r;

	if (j.decision == DECISION_NONE)
		j = judgement_by_runtime(NULL);
	if (!j.policy_id && f.n > 0)
		j.policy_id = policy_id(f.policies[0]);
	*ret = j;
	return 0;
}

static void take_judgement(const struct judgement *j, struct verdict *v)
{
	verdict_decide(v, j->decision, NULL, j->rule);
	verdict_fail(v, judgement_append_reason(j, &v->reason));
}

/*
 * Sets the severity and the rule. If the verdict is about a token, it has a severity of its own,
 * and may have no rule yet.
 */
static void grade(const struct judgement *j, struct verdict *v)
{
	const bool same = v->decision == j->decision;
	enum severity severity = same ? j->severity : SEVERITY_NONE;

	if (!v->rule)
		verdict_name_rule(v, RULE_TOKEN);
	if (severity == SEVERITY_NONE)
		severity = severity_of(v->decision);
	verdict_grade(v, severity, same ? j->approvers : NULL, j->policy_id);
}

/* The token can't be used for this request. */
static void refuse_retry(struct verdict *v)
{
	if (!v->rule)
		verdict_name_rule(v, RULE_TOKEN);
	verdict_grade(v, SEVERITY_CRITICAL, NULL, NULL);
}

/* A person must decide. Without `detail` the asker is not told a token, so none is issued. */
static void ask(const struct decide_input *in, const struct judgement *j, struct verdict *v)
{
	if (in->request->detail)
		decide_issue(in, j, v);
	if (!in->request->detail || v->decision == DECISION_PENDING)
		take_judgement(j, v);
}

static void decide_with_token(const struct decide_input *in, struct verdict *v)
{
	struct judgement j;
	int r;

	if (!decide_retry_begin(in, v)) {
		refuse_retry(v);
		return;
	}

	r = judge(in, false, &j);
	if (r < 0) {
		verdict_fail(v, r);
		return;
	}
	if (j.decision == DECISION_DENY)
		take_judgement(&j, v); /* the policy now overrides an earlier approval */
	else
		decide_retry_end(in, &j, v);
	grade(&j, v);
}

/*
 * A release whose record names its approval is the retry, and consumes the token. Only an approved
 * token of this very release is an approval.
 */
static void decide_approved_release(const struct decide_input *in, struct verdict *v)
{
	struct verdict retry;
	struct judgement j;
	bool holds;
	int r;

	verdict_init(&retry);
	holds = decide_retry_begin(in, &retry) && decide_token_state(in) == TOKEN_APPROVED;
	r = retry.error < 0 ? retry.error : judge(in, holds, &j);
	if (r < 0) {
		verdict_fail(v, r);
	} else if (!holds || j.decision == DECISION_DENY) {
		take_judgement(&j, v);
	} else {
		verdict_name_token(v, in->token);
		decide_retry_end(in, &j, v);
		if (v->decision == DECISION_ALLOW)
			verdict_name_rule(v, RULE_RELEASE_APPROVED);
	}
	if (r >= 0)
		grade(&j, v);
	verdict_deinit(&retry);
}

static void decide_first(const struct decide_input *in, struct verdict *v)
{
	struct judgement j;
	int r;

	r = judge(in, false, &j);
	if (r < 0) {
		verdict_fail(v, r);
		return;
	}
	if (j.decision != DECISION_PENDING) {
		take_judgement(&j, v);
	} else if (decide_allow_match(in, &j, v)) {
		/* decided */
	} else if (in->request->resume && in->token) {
		decide_with_token(in, v);
		return;
	} else {
		ask(in, &j, v);
	}
	grade(&j, v);
}

void decide_evaluate(const struct decide_input *in, struct verdict *v)
{
	const struct request *request = in->request;
	struct decide_input again = *in;

	again.token = NULL;
	if (refuse_unjudged(in, v))
		return;
	if (request->approval_token && decide_retry_asks_again(in))
		decide_first(&again, v);
	else if (request->approval_token)
		decide_with_token(in, v);
	else if (!in->settings->approvals_claimed && evaluate_named_approval(&request->evaluate))
		decide_approved_release(in, v);
	else
		decide_first(in, v);
}

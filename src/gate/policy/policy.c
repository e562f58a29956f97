/* SPDX-License-Identifier: ISC */

/*
 * Judging: the strictest rule that matches. gate/policy/policy-index finds the rules that may
 * match.
 */

#include "gate/policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/policy/candidates.h"
#include "gate/policy/guarded.h"
#include "gate/policy/operands.h"
#include "gate/policy/policy-internal.h"
#include "gate/policy/rule-target.h"

/* Bytes of a directory that cost as much as another text. */
#define OPERAND_BYTES 1024

void policy_free(struct policy *p)
{
	if (!p)
		return;

	for (size_t i = 0; i < p->n_rules; i++)
		rule_deinit(&p->rules[i]);
	free(p->rules);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < p->of_kind[kind].n; i++)
			rule_deinit(&p->of_kind[kind].rules[i]);
		free(p->of_kind[kind].rules);
	}
	registry_free(p->registry);
	policy_index_deinit(&p->index);
	approver_groups_deinit(&p->approvers);
	free(p->trusted.directories);
	json_doc_free(p->doc);
	free(p);
}

const char *policy_id(const struct policy *p)
{
	return p->id;
}

const char *policy_version(const struct policy *p)
{
	return p->version;
}

size_t policy_size(const struct policy *p)
{
	return p->n_rules;
}

size_t policy_size_of_all(const struct policy *p)
{
	size_t n = p->n_rules + (p->registry ? registry_size(p->registry) : 0);

	for (enum kind kind = 0; kind < KINDS; kind++)
		n += p->of_kind[kind].n;
	return n;
}

const struct rule *policy_rule(const struct policy *p, size_t index)
{
	return &p->rules[index];
}

const struct trusted *policy_trusted(const struct policy *p)
{
	/* The directories for programs of the distribution, writable only by root. */
	static const char *directories[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin" };
	static const struct trusted otherwise = { directories,
		sizeof(directories) / sizeof(directories[0]) };

	return p ? &p->trusted : &otherwise;
}

const struct registry *policy_registry(const struct policy *p)
{
	return p->registry;
}

bool policy_is_of_compiled_form(const struct policy *p)
{
	return p->compiled;
}

bool policy_uses_groups(const struct policy *p)
{
	return p->uses_groups;
}

enum decision policy_default(const struct policy *p)
{
	return p->default_action;
}

int policy_finish(struct policy *p)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < p->of_kind[kind].n; i++)
			p->uses_groups |= p->of_kind[kind].rules[i].groups.n > 0;
	for (size_t i = 0; i < p->n_rules; i++) {
		p->uses_groups |= p->rules[i].groups.n > 0;
		p->demands |= p->rules[i].demands;
	}
	return policy_index_make(&p->index, p->rules, p->n_rules);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* An answer that may be remembered makes a rule less strict: a person is asked less often. */
static int strictness(const struct rule *rule)
{
	if (!rule)
		return 0;

	switch (rule->action) {
	case DECISION_ALLOW:
		return 1;
	case DECISION_PENDING:
		return rule->remember ? 2 : 3;
	default:
		return 4;
	}
}

/*
 * The strictest of `found` and the matching rules of the policy; among equals, the first of the
 * document. A rule that allows is tried only on the whole request.
 */
static const struct rule *find_stricter(
	const struct policy *p, const struct candidate *s, const struct rule *found)
{
	const struct policy_index_set set = policy_index_find(&p->index, s);
	const struct rule *rule;

	for (size_t w = 0; w < POLICY_INDEX_SET_WORDS; w++) {
		for (uint64_t left = set.words[w]; left; left &= left - 1) {
			rule = &p->rules[w * 64 + (size_t)__builtin_ctzll(left)];
			if (rule->action == DECISION_ALLOW && s->form != CANDIDATE_WHOLE)
				continue;
			if ((strictness(rule) > strictness(found)
				    || (strictness(rule) == strictness(found) && rule < found))
				&& rule_try(rule, &p->trusted, s, NULL) == RULE_MATCHES)
				found = rule;
		}
	}
	return found;
}

static struct judgement by_rule(const struct policy *p, const struct rule *rule)
{
	return (struct judgement){
		.decision = rule->action,
		.rule = rule->id,
		.reason = rule->reason,
		.named = true,
		.severity = rule_severity(rule),
		.approvers = rule->approvers,
		.policy_id = p->id,
	};
}

/* The first rule that allows the command. */
static const struct rule *find_allowing(const struct policy *p, const struct candidate *s)
{
	const struct policy_index_set set = policy_index_find(&p->index, s);
	const struct rule *rule;

	for (size_t w = 0; w < POLICY_INDEX_SET_WORDS; w++) {
		for (uint64_t left = set.words[w]; left; left &= left - 1) {
			rule = &p->rules[w * 64 + (size_t)__builtin_ctzll(left)];
			if (rule->action == DECISION_ALLOW
				&& rule_try(rule, &p->trusted, s, NULL) == RULE_MATCHES)
				return rule;
		}
	}
	return NULL;
}

static bool is_trusted(const struct policy *p, const struct candidate_program *program)
{
	return !program->name || trusted_has(&p->trusted, program->path);
}

/*
 * Allows the line if each of its commands is allowed by a rule and the shell lies in a trusted
 * directory.
 */
static bool allow_line(const struct policy *p, const struct candidates *c, struct judgement *j)
{
	const struct candidate *shell = &c->all[0];
	const struct rule *rule;

	*j = (struct judgement){
		.decision = DECISION_ALLOW,
		.rule = RULE_LINE,
		.policy_id = p->id,
	};
	if (!is_trusted(p, &shell->executable) || !is_trusted(p, &shell->real))
		return false;
	for (; j->n_line < c->n_commands; j->n_line++) {
		rule = find_allowing(p, &c->all[c->commands + j->n_line]);
		if (!rule)
			return false;
		j->line[j->n_line] = rule->id;
	}
	return j->n_line > 0;
}

static bool lacks_budget(const struct policy *p, const struct request *request)
{
	return p->require_budget
		&& (!request->budget_state_ref || text_is_blank(request->budget_state_ref));
}

static struct judgement judge(
	const struct policy *p, const struct candidates *c, enum decision otherwise)
{
	const struct rule *strictest = NULL;
	struct judgement line;

	if (lacks_budget(p, c->all[0].request))
		return (struct judgement){ .decision = DECISION_DENY, .rule = RULE_BUDGET };

	for (size_t i = 0; i < c->n; i++)
		strictest = find_stricter(p, &c->all[i], strictest);
	if (strictest) {
		struct judgement j = by_rule(p, strictest);

		j.index = (size_t)(strictest - p->rules);
		j.by_rule = true;
		j.remember = strictest->action == DECISION_PENDING && strictest->remember;
		return j;
	}
	if (allow_line(p, c, &line))
		return line;
	return (struct judgement){
		.decision = p->default_action != DECISION_NONE ? p->default_action : otherwise,
		.rule = RULE_DEFAULT,
		.remember = true,
	};
}

/*
 * Whether a part of what would be run is not known, so that the judgement must not allow it. A rule
 * that allows a shell with any arguments covers unknown lines.
 */
static bool is_unseen(const struct candidates *c, const struct judgement *j)
{
	return c->all[0].hidden || c->unread || (!j->by_rule && (c->opaque || c->hidden));
}

/* Whether the rule needs the content to be written, and the request lacks it. */
static bool lacks_content(const struct rule *rule, const struct target *t)
{
	const struct evaluate *e = &t->request->evaluate;

	return rule->content_required && rule->action != DECISION_DENY && !e->content
		&& !(e->old_text && e->new_text);
}

static struct judgement without_content(const struct policy *p, const struct rule *rule)
{
	struct judgement j = by_rule(p, rule);

	j.decision = DECISION_DENY;
	j.reason = "what is to be written was not sent";
	j.severity = severity_of(DECISION_DENY);
	return j;
}

/* The strictest rule decides; among equals, the first. */
static struct judgement judge_target(const struct policy *p, const struct target *t)
{
	const struct kind_rules *of = &p->of_kind[t->kind];
	const struct rule *found = NULL;
	struct judgement j;

	if (t->kind == KIND_FETCH && t->url_fault)
		return (struct judgement){
			.decision = DECISION_DENY,
			.rule = RULE_URL,
			.reason = t->url_fault,
			.named = true,
			.severity = SEVERITY_HIGH,
			.policy_id = p->id,
		};
	for (size_t i = 0; i < of->n; i++) {
		const struct rule *rule = &of->rules[i];

		if (lacks_content(rule, t) && rule_fits_target(rule, t))
			return without_content(p, rule);
		if (strictness(rule) > strictness(found) && rule_fits_target(rule, t))
			found = rule;
	}
	if (!found && of->otherwise.id)
		found = &of->otherwise;
	if (!found)
		return (struct judgement){
			.decision = DECISION_PENDING,
			.rule = RULE_RUNTIME,
			.severity = SEVERITY_MEDIUM,
			.approvers = APPROVERS_RUNTIME,
			.policy_id = p->id,
		};

	j = by_rule(p, found);
	j.literal = t->kind == KIND_WRITE && rule_names_target(found, t);
	if (t->kind == KIND_EXEC && t->grave && j.decision == DECISION_DENY)
		j.severity = SEVERITY_CRITICAL;
	return j;
}

static void take_stricter(struct judgement *found, const struct judgement *j)
{
	if (judgement_is_stricter(j, found))
		*found = *j;
}

/*
 * If a command names a path that rules deny or ask about (for reading or writing), a person is
 * asked, at least.
 */
static int judge_operand(const struct policy *p, const struct candidate *s, const char *path,
	struct judgement *found)
{
	static const enum kind kinds[] = { KIND_READ, KIND_WRITE };
	struct judgement j;
	struct target t;
	int r;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (p->of_kind[kinds[i]].n == 0)
			continue;
		r = target_init_path(&t, kinds[i], path, s->directory, s->request, s->asker);
		if (r < 0)
			return r;
		j = judge_target(p, &t);
		target_deinit(&t);
		if (j.named && j.decision != DECISION_ALLOW
			&& j.rule != p->of_kind[kinds[i]].otherwise.id)
			take_stricter(found,
				&(struct judgement){ .decision = DECISION_PENDING,
					.rule = RULE_OPERAND,
					.reason = "it names a file that is protected",
					.named = true,
					.severity = j.severity,
					.approvers = APPROVERS_RUNTIME,
					.policy_id = p->id });
	}
	return 0;
}

/* What a text costs of LIMIT_OPERANDS: more if the directory is long, since it is joined to it. */
static size_t cost_of_operand(const struct candidate *s)
{
	return 1 + (s->directory ? strlen(s->directory) / OPERAND_BYTES : 0);
}

/*
 * Judges all texts of the command that may name files. Guarded files are run or obeyed later; `git
 * config` writes some without naming them.
 */
static int judge_operands(
	const struct policy *p, const struct candidate *s, size_t *left, struct judgement *found)
{
	const size_t cost = cost_of_operand(s);
	bool guarded = target_is_git(s, "config");
	struct operands o;
	int r;

	/* The results here ask at most, so only an allow can change. */
	if (found->decision != DECISION_ALLOW)
		return 0;
	r = operands_init(&o, s);
	if (r < 0)
		return r;

	while (r >= 0 && found->decision == DECISION_ALLOW && *left > 0 && operands_next(&o)) {
		r = judge_operand(p, s, o.text, found);
		guarded = guarded || guarded_is(o.text) || guarded_is(o.path);
		*left -= cost < *left ? cost : *left;
	}
	operands_deinit(&o);
	if (guarded)
		take_stricter(found,
			&(struct judgement){ .decision = DECISION_PENDING,
				.rule = RULE_OPERAND,
				.reason = "it names what is run or obeyed later",
				.named = true,
				.severity = SEVERITY_HIGH,
				.approvers = APPROVERS_RUNTIME,
				.policy_id = p->id });
	return r;
}

static int judge_push(const struct policy *p, const struct candidate *s, struct judgement *found)
{
	struct judgement j;
	struct target t;
	int r;

	r = target_init_push(&t, s);
	if (r <= 0)
		return r;

	j = judge_target(p, &t);
	if (t.no_branch && (!j.named || j.decision == DECISION_ALLOW))
		j = (struct judgement){ .decision = DECISION_PENDING,
			.rule = RULE_OPERAND,
			.reason = "it does not say to which branch it pushes",
			.named = true,
			.severity = SEVERITY_MEDIUM,
			.approvers = APPROVERS_RUNTIME,
			.policy_id = p->id };
	target_deinit(&t);
	if (j.named)
		take_stricter(found, &j);
	return 0;
}

/*
 * Judges the effects of commands: they name files, and may push. What the allowlist may still allow
 * is judged as if it were allowed; if that asks or denies, the allowlist may not allow it.
 */
static int judge_doings(const struct policy *p, const struct candidates *c, struct judgement *found)
{
	const bool listed = found->remember && found->decision != DECISION_ALLOW;
	struct judgement effects = *found;
	size_t left = LIMIT_OPERANDS;
	int r = 0;

	if (listed)
		effects = (struct judgement){ .decision = DECISION_ALLOW };
	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		r = judge_operands(p, &c->all[i], &left, &effects);
		if (r >= 0 && p->of_kind[KIND_GIT].n > 0)
			r = judge_push(p, &c->all[i], &effects);
	}
	if (left == 0)
		take_stricter(&effects,
			&(struct judgement){ .decision = DECISION_PENDING,
				.rule = RULE_HIDDEN,
				.policy_id = p->id });
	if (!listed) {
		*found = effects;
	} else if (effects.decision != DECISION_ALLOW) {
		/* A rule that asks keeps its approvers. */
		if (!found->named || effects.decision == DECISION_DENY)
			take_stricter(found, &effects);
		found->remember = false;
	}
	return r;
}

static int judge_compiled(const struct policy *p, const struct candidates *c, struct judgement *ret)
{
	const struct request *request = c->all[0].request;
	struct target t;
	int r;

	if (lacks_budget(p, request)) {
		*ret = (struct judgement){ .decision = DECISION_DENY, .rule = RULE_BUDGET };
		return 0;
	}
	r = target_init_candidates(&t, c,
		request->action == ACTION_EVALUATE ? request->evaluate.text : NULL, &p->trusted);
	if (r < 0)
		return r;

	*ret = judge_target(p, &t);
	ret->remember = ret->rule == p->of_kind[KIND_EXEC].otherwise.id;
	target_deinit(&t);
	return 0;
}

int policy_judge(const struct policy *p, const struct request *request, const struct asker *asker,
	enum decision otherwise, struct judgement *ret)
{
	struct judgement j = { .decision = otherwise, .rule = RULE_DEFAULT, .remember = true };
	struct candidates c;
	int r;

	if (!p) {
		*ret = j;
		return 0;
	}

	r = candidates_init(&c, request, asker);
	if (r < 0)
		return r;

	if (p->compiled)
		r = judge_compiled(p, &c, &j);
	else
		j = judge(p, &c, otherwise);
	if (j.decision == DECISION_ALLOW && is_unseen(&c, &j))
		j = (struct judgement){ .decision = DECISION_PENDING, .rule = RULE_HIDDEN };
	if (r >= 0)
		r = judge_doings(p, &c, &j);
	if (j.decision == DECISION_ALLOW && fields_keep_variables(&request->asked))
		j = (struct judgement){ .decision = DECISION_PENDING, .rule = RULE_KEPT };
	j.hidden = c.all[0].hidden || c.unread;
	j.remember &= !j.hidden && !fields_keep_variables(&request->asked);
	candidates_deinit(&c);
	if (r < 0)
		return r;

	*ret = j;
	return 0;
}

/* --- approvals -------------------------------------------------------------------------------- */

const struct approver_groups *policy_approvers(const struct policy *p)
{
	static const struct approver_groups none;

	return p ? &p->approvers : &none;
}

/* All rules that match count, not only the strictest. */
static void add_demands(const struct policy *p, const struct candidate *s, struct demand *d)
{
	const struct policy_index_set set = policy_index_find(&p->index, s);
	const struct rule *rule;

	for (size_t w = 0; w < POLICY_INDEX_SET_WORDS; w++) {
		for (uint64_t left = set.words[w]; left; left &= left - 1) {
			rule = &p->rules[w * 64 + (size_t)__builtin_ctzll(left)];
			if (!rule->demands || rule_try(rule, &p->trusted, s, NULL) != RULE_MATCHES)
				continue;
			demand_add_flags(d, &rule->demand);
			if (rule->approvers)
				demand_add_group(d, rule->approvers);
		}
	}
}

int policy_demand(const struct policy *p, const struct request *request, const struct asker *asker,
	struct demand *d)
{
	struct candidates c;
	int r;

	if (!p || !p->demands)
		return 0;

	r = candidates_init(&c, request, asker);
	if (r < 0)
		return r;

	for (size_t i = 0; i < c.n; i++)
		add_demands(p, &c.all[i], d);
	candidates_deinit(&c);
	return 0;
}

struct judgement policy_judge_target(const struct policy *p, const struct target *t)
{
	if (lacks_budget(p, t->request))
		return (struct judgement){ .decision = DECISION_DENY, .rule = RULE_BUDGET };
	return judge_target(p, t);
}

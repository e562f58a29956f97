/* SPDX-License-Identifier: ISC */

/*
 * Judging: the strictest rule that matches. gate/policy/policy-index finds the rules that may
 * match.
 */

#include "gate/policy/policy.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "gate/policy/candidates.h"
#include "gate/policy/policy-effects.h"
#include "gate/policy/policy-internal.h"
#include "gate/policy/policy-target.h"
#include "gate/policy/rule-target.h"

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
		target_index_deinit(&p->of_kind[kind].index);
	}
	target_index_deinit(&p->protecting);
	registry_free(p->registry);
	policy_index_deinit(&p->index);
	approver_groups_deinit(&p->approvers);
	runners_free(p->runners);
	free(p->trusted.directories);
	program_links_deinit(&p->trusted.links);
	free(p->packs.any);
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

const struct rule *policy_rules_of(const struct policy *p, enum kind kind, size_t *ret_n)
{
	*ret_n = p->of_kind[kind].n;
	return p->of_kind[kind].rules;
}

const struct rule *policy_default_rule(const struct policy *p, enum kind kind)
{
	return p->of_kind[kind].otherwise.id ? &p->of_kind[kind].otherwise : NULL;
}

const struct trusted *policy_trusted(const struct policy *p)
{
	/* The directories for programs of the distribution, writable only by root. */
	static const char *directories[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin" };
	static const struct trusted otherwise = { directories, LENGTH(directories), { 0 } };

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

const char *const *policy_packs(const struct policy *p, size_t *ret_n)
{
	*ret_n = p->packs.n;
	return p->packs.any;
}

bool policy_uses_home(const struct policy *p)
{
	return p->uses_home;
}

enum decision policy_default(const struct policy *p)
{
	return p->default_action;
}

static int make_target_index(struct kind_rules *of)
{
	int r;

	target_index_init(&of->index);
	r = target_index_add(&of->index, of->rules, of->n, NULL);
	target_index_sort(&of->index);
	return r;
}

int policy_finish(struct policy *p)
{
	int r;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct kind_rules *of = &p->of_kind[kind];

		for (size_t i = 0; i < of->n; i++) {
			p->uses_groups |= of->rules[i].groups.n > 0;
			p->uses_home |= rule_needs_home(&of->rules[i]);
			of->demands |= policy_target_is_demanding(p, &of->rules[i]);
		}
		p->demands |= of->demands;
		r = make_target_index(of);
		if (r < 0)
			return r;
	}
	r = policy_effects_index(p);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n_rules; i++) {
		p->uses_groups |= p->rules[i].groups.n > 0;
		p->demands |= p->rules[i].demands;
	}
	return policy_index_make(&p->index, p->rules, p->n_rules);
}

/* --- judging ---------------------------------------------------------------------------------- */

/*
 * The strictest of `found` and the matching rules of the policy; among equals, the first of the
 * document. A rule that allows is tried only on the whole request. `set`: the rules that may match.
 */
static const struct rule *find_stricter(const struct policy *p, const struct candidate *s,
	const struct rule_set *set, const struct rule *found)
{
	const struct rule *rule;

	rule_set_each(i, set)
	{
		rule = &p->rules[i];
		if (rule->action == DECISION_ALLOW && s->form != CANDIDATE_WHOLE)
			continue;
		if ((rule_strictness(rule) > rule_strictness(found)
			    || (rule_strictness(rule) == rule_strictness(found) && rule < found))
			&& rule_try(rule, &p->trusted, s, NULL) == RULE_MATCHES)
			found = rule;
	}
	return found;
}

/* The first rule of the set that allows the command. */
static const struct rule *find_allowing(
	const struct policy *p, const struct candidate *s, const struct rule_set *set)
{
	rule_set_each(i, set) if (p->rules[i].action == DECISION_ALLOW
		&& rule_try(&p->rules[i], &p->trusted, s, NULL)
			== RULE_MATCHES) return &p->rules[i];
	return NULL;
}

static bool is_trusted(const struct policy *p, const struct candidate_program *program)
{
	return !program->name || trusted_has(&p->trusted, program->path);
}

/*
 * Rules about the line's commands may allow the line only if its shell is in a trusted directory.
 */
static bool may_allow_line(const struct policy *p, const struct candidates *c)
{
	const struct candidate *shell = &c->all[0];

	return c->n_commands > 0 && is_trusted(p, &shell->executable)
		&& is_trusted(p, &shell->real);
}

/* Adds the rule that allows this command of the line to `line`, if there is one. */
static void allow_command(const struct policy *p, const struct candidate *s,
	const struct rule_set *set, struct judgement *line)
{
	const struct rule *rule = find_allowing(p, s, set);

	if (rule)
		line->line[line->n_line++] = rule->id;
}

static bool lacks_budget(const struct policy *p, const struct request *request)
{
	return p->require_budget
		&& (!request->budget_state_ref || text_is_blank(request->budget_state_ref));
}

/* The allowlist may override it. */
static struct judgement by_default(enum decision action)
{
	struct judgement j = judgement_by(action, GROUND_DEFAULT);

	j.remember = true;
	return j;
}

static struct judgement judge(
	const struct policy *p, const struct candidates *c, enum decision otherwise)
{
	const bool by_commands = may_allow_line(p, c);
	const struct rule *strictest = NULL;
	struct rule_set set;
	struct judgement line = {
		.decision = DECISION_ALLOW,
		.rule = RULE_LINE,
		.policy_id = p->id,
	};

	if (lacks_budget(p, c->all[0].request))
		return judgement_by(DECISION_DENY, GROUND_BUDGET);

	for (size_t i = 0; i < c->n; i++) {
		policy_index_find(&p->index, &p->trusted.links, &c->all[i], &set);
		strictest = find_stricter(p, &c->all[i], &set, strictest);
		/* All commands before this one are allowed. */
		if (by_commands && !strictest && line.n_line < c->n_commands
			&& i == c->commands + line.n_line)
			allow_command(p, &c->all[i], &set, &line);
	}
	if (strictest) {
		struct judgement j = judgement_by_rule(strictest, p->id);

		j.index = (size_t)(strictest - p->rules);
		j.by_rule = true;
		j.remember = strictest->action == DECISION_PENDING && strictest->remember;
		return j;
	}
	if (by_commands && line.n_line == c->n_commands)
		return line;
	return by_default(p->default_action != DECISION_NONE ? p->default_action : otherwise);
}

/*
 * Whether a part of what would be run is not known, so that the judgement must not allow it. A rule
 * that allows a shell with any arguments covers unknown lines.
 */
static bool is_unseen(const struct candidates *c, const struct judgement *j)
{
	return c->all[0].hidden || c->unread || (!j->by_rule && (c->opaque || c->hidden));
}

/* The commands of a request as text. */
static int init_text(const struct policy *p, const struct candidates *c, struct target *t)
{
	const struct request *request = c->all[0].request;

	return target_init_candidates(t, c,
		request->action == ACTION_EVALUATE ? request->evaluate.text : NULL, &p->trusted);
}

static int judge_text(const struct policy *p, const struct candidates *c, struct judgement *ret)
{
	struct target t;
	int r;

	r = init_text(p, c, &t);
	if (r < 0)
		return r;

	*ret = policy_target_judge(p, &t);
	target_deinit(&t);
	return 0;
}

static int judge_compiled(const struct policy *p, const struct candidates *c, struct judgement *ret)
{
	int r;

	if (lacks_budget(p, c->all[0].request)) {
		*ret = judgement_by(DECISION_DENY, GROUND_BUDGET);
		return 0;
	}
	r = judge_text(p, c, ret);
	if (r >= 0)
		ret->remember = ret->rule == p->of_kind[KIND_EXEC].otherwise.id;
	return r;
}

/* Adds the rules about lines: they stand beside those about argument vectors. */
static int judge_lines(const struct policy *p, const struct candidates *c, struct judgement *found)
{
	struct judgement j;
	int r;

	if (p->of_kind[KIND_EXEC].n == 0)
		return 0;
	r = judge_text(p, c, &j);
	if (r < 0 || !j.named)
		return r;
	if (found->ground == GROUND_DEFAULT)
		*found = j;
	else
		judgement_take_stricter(found, &j);
	return 0;
}

/*
 * Whether it is allowed only because no rule decided. That does not suffice for a front end that
 * would run the command as another user.
 */
static bool is_allowed_by_default(const struct policy *p, const struct judgement *j)
{
	return j->decision == DECISION_ALLOW
		&& (j->ground == GROUND_DEFAULT
			|| (p->compiled && j->rule == p->of_kind[KIND_EXEC].otherwise.id));
}

static struct judgement ask_about_run_as(void)
{
	struct judgement j = judgement_by(DECISION_PENDING, GROUND_RUN_AS);

	j.remember = true;
	return j;
}

/* Guarded files are guarded without a policy, too. */
static int judge_without_policy(const struct request *request, const struct asker *asker,
	enum decision otherwise, struct judgement *ret)
{
	static const struct policy none;
	struct judgement j = by_default(otherwise);
	struct candidates c;
	int r;

	r = candidates_init(&c, request, asker);
	if (r < 0)
		return r;

	r = policy_effects_judge(&none, &c, &j);
	candidates_deinit(&c);
	if (request->asked.run_as && is_allowed_by_default(&none, &j))
		j = ask_about_run_as();
	if (r >= 0)
		*ret = j;
	return r;
}

int policy_judge(const struct policy *p, const struct request *request, const struct asker *asker,
	enum decision otherwise, struct judgement *ret)
{
	struct judgement j = by_default(otherwise);
	struct candidates c;
	int r;

	if (!p)
		return judge_without_policy(request, asker, otherwise, ret);

	r = candidates_init(&c, request, asker);
	if (r < 0)
		return r;

	if (p->compiled)
		r = judge_compiled(p, &c, &j);
	else
		j = judge(p, &c, otherwise);
	if (r >= 0 && !p->compiled)
		r = judge_lines(p, &c, &j);
	if (j.decision == DECISION_ALLOW && is_unseen(&c, &j))
		j = judgement_by(DECISION_PENDING, GROUND_HIDDEN);
	if (r >= 0)
		r = policy_effects_judge(p, &c, &j);
	if (j.decision == DECISION_ALLOW && fields_keep_variables(&request->asked))
		j = judgement_by(DECISION_PENDING, GROUND_KEPT);
	if (request->asked.run_as && is_allowed_by_default(p, &j))
		j = ask_about_run_as();
	j.hidden = c.all[0].hidden || c.unread;
	j.remember &= !j.hidden && !fields_keep_variables(&request->asked);
	candidates_deinit(&c);
	if (r < 0)
		return r;

	*ret = j;
	return 0;
}

/* --- approvals -------------------------------------------------------------------------------- */

const struct runners *policy_runners(const struct policy *p)
{
	return p ? p->runners : NULL;
}

const struct approver_groups *policy_approvers(const struct policy *p)
{
	static const struct approver_groups none;

	return p ? &p->approvers : &none;
}

/* All rules that match count, not only the strictest. */
static void add_demands(const struct policy *p, const struct candidate *s, struct demand *d)
{
	const struct rule *rule;
	struct rule_set set;

	policy_index_find(&p->index, &p->trusted.links, s, &set);
	rule_set_each(i, &set)
	{
		rule = &p->rules[i];
		if (!rule->demands || rule_try(rule, &p->trusted, s, NULL) != RULE_MATCHES)
			continue;
		demand_add_flags(d, &rule->demand);
		if (rule->approvers)
			demand_add_group(d, rule->approvers);
	}
}

static int demand_of_target(const struct policy *p, const struct request *request,
	const struct asker *asker, struct demand *d)
{
	struct target t;
	int r;

	r = target_init(&t, request, asker);
	if (r < 0)
		return r;

	policy_target_add_demands(p, &t, d);
	/* A write is also judged by the rules about reading. */
	if (t.kind == KIND_WRITE) {
		t.kind = KIND_READ;
		policy_target_add_demands(p, &t, d);
	}
	target_deinit(&t);
	return 0;
}

/* The rules about lines. */
static int add_demands_of_text(const struct policy *p, const struct candidates *c, struct demand *d)
{
	struct target t;
	int r;

	if (!p->of_kind[KIND_EXEC].demands)
		return 0;
	r = init_text(p, c, &t);
	if (r < 0)
		return r;

	policy_target_add_demands(p, &t, d);
	target_deinit(&t);
	return 0;
}

int policy_demand(const struct policy *p, const struct request *request, const struct asker *asker,
	struct demand *d)
{
	struct candidates c;
	int r;

	if (!p || !p->demands)
		return 0;
	if (request->action == ACTION_EVALUATE && request->evaluate.kind != KIND_EXEC)
		return demand_of_target(p, request, asker, d);

	r = candidates_init(&c, request, asker);
	if (r < 0)
		return r;

	for (size_t i = 0; i < c.n; i++)
		add_demands(p, &c.all[i], d);
	r = add_demands_of_text(p, &c, d);
	if (r >= 0)
		r = policy_effects_add_demands(p, &c, d);
	candidates_deinit(&c);
	return r;
}

struct judgement policy_judge_target(const struct policy *p, const struct target *t)
{
	if (lacks_budget(p, t->request))
		return judgement_by(DECISION_DENY, GROUND_BUDGET);
	return policy_target_judge(p, t);
}

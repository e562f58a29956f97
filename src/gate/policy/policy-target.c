/* SPDX-License-Identifier: ISC */

/*
 * Judging a target: the strictest rule that fits. gate/policy/target-index finds the rules that may
 * fit.
 */

#include "gate/policy/policy-target.h"

#include "gate/policy/rule-target.h"

/* Whether the rule needs the content to be written, and the request lacks it. */
static bool lacks_content(const struct rule *rule, const struct target *t)
{
	const struct evaluate *e = &t->request->evaluate;

	return rule->content_required && rule->action != DECISION_DENY && !e->content
		&& !(e->old_text && e->new_text);
}

static struct judgement without_content(const struct policy *p, const struct rule *rule)
{
	struct judgement j = judgement_by_rule(rule, p->id);

	j.decision = DECISION_DENY;
	j.reason = "what is to be written was not sent";
	j.severity = severity_of(DECISION_DENY);
	return j;
}

/* The strictest rule that fits; among equals, the first. *ret_lacks: it needs the content. */
static const struct rule *find_rule(const struct policy *p, const struct target *t, bool *ret_lacks)
{
	const struct kind_rules *of = &p->of_kind[t->kind];
	const struct rule *found = NULL, *rule;
	struct rule_set set;

	*ret_lacks = false;
	target_index_find(&of->index, t, &set);
	rule_set_each(i, &set)
	{
		rule = &of->rules[i];
		if (lacks_content(rule, t) && rule_fits_target(rule, t)) {
			*ret_lacks = true;
			return rule;
		}
		if (rule_strictness(rule) > rule_strictness(found) && rule_fits_target(rule, t))
			found = rule;
	}
	return found;
}

struct judgement policy_target_judge(const struct policy *p, const struct target *t)
{
	const struct kind_rules *of = &p->of_kind[t->kind];
	const struct rule *found;
	struct judgement j;
	bool lacks;

	if (t->kind == KIND_FETCH && t->url_fault)
		return (struct judgement){
			.decision = DECISION_DENY,
			.rule = RULE_URL,
			.reason = t->url_fault,
			.named = true,
			.severity = SEVERITY_HIGH,
			.policy_id = p->id,
		};
	found = find_rule(p, t, &lacks);
	if (lacks)
		return without_content(p, found);
	if (!found && of->otherwise.id)
		found = &of->otherwise;
	if (!found)
		return judgement_by_runtime(p->id);

	j = judgement_by_rule(found, p->id);
	j.remember = j.decision == DECISION_PENDING && (found == &of->otherwise || found->remember);
	j.literal = t->kind == KIND_WRITE && rule_names_target(found, t);
	if (t->kind == KIND_EXEC && t->grave && j.decision == DECISION_DENY)
		j.severity = SEVERITY_CRITICAL;
	return j;
}

/* Without groups in the policy, the name of one is only shown. */
static bool demands_group(const struct policy *p, const struct rule *rule)
{
	return p->approvers.n > 0 && rule->approvers;
}

bool policy_target_is_demanding(const struct policy *p, const struct rule *rule)
{
	return rule->action == DECISION_PENDING && (rule->demands || demands_group(p, rule));
}

/* A group that the policy lacks is demanded, too: then no approval is enough. */
static void add_demand(const struct policy *p, const struct rule *rule, struct demand *d)
{
	demand_add_flags(d, &rule->demand);
	if (demands_group(p, rule))
		demand_add_group(d, rule->approvers);
}

void policy_target_add_demands(const struct policy *p, const struct target *t, struct demand *d)
{
	const struct kind_rules *of = &p->of_kind[t->kind];
	struct rule_set set;
	const struct rule *rule;

	if (!of->demands)
		return;
	target_index_find(&of->index, t, &set);
	rule_set_each(i, &set)
	{
		rule = &of->rules[i];
		if (policy_target_is_demanding(p, rule) && rule_fits_target(rule, t))
			add_demand(p, rule, d);
	}
}

void policy_target_add_all_demands(const struct policy *p, enum kind kind,
	const struct request *request, const struct asker *asker, struct demand *d)
{
	const struct kind_rules *of = &p->of_kind[kind];

	for (size_t i = 0; i < of->n; i++)
		if (policy_target_is_demanding(p, &of->rules[i])
			&& rule_try_asker(&of->rules[i], request, asker, request->asked.cwd, NULL)
				== RULE_MATCHES)
			add_demand(p, &of->rules[i], d);
}

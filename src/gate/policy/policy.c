/* SPDX-License-Identifier: ISC */

/*
 * Judging: of the rules that may match, by gate/policy/policy-index, the strictest that does.
 */

#include "gate/policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/policy/candidates.h"
#include "gate/policy/policy-internal.h"

void policy_free(struct policy *p)
{
	if (!p)
		return;

	for (size_t i = 0; i < p->n_rules; i++)
		rule_deinit(&p->rules[i]);
	free(p->rules);
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

const struct rule *policy_rule(const struct policy *p, size_t index)
{
	return &p->rules[index];
}

const struct trusted *policy_trusted(const struct policy *p)
{
	/* Where a distribution puts programs, and root alone. */
	static const char *directories[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin" };
	static const struct trusted otherwise = { directories,
		sizeof(directories) / sizeof(directories[0]) };

	return p ? &p->trusted : &otherwise;
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
	for (size_t i = 0; i < p->n_rules; i++) {
		p->uses_groups |= p->rules[i].groups.n > 0;
		p->demands |= p->rules[i].demands;
	}
	return policy_index_make(&p->index, p->rules, p->n_rules);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* One that lets its answer be remembered asks less often than one that doesn't. */
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
 * Of rules that are alike strict, the first of the document; `found` where none is stricter than
 * that. One that allows is only for the whole.
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

static bool lacks_budget(const struct policy *p, const struct request *request)
{
	return p->require_budget
		&& (!request->budget_state_ref || text_is_blank(request->budget_state_ref));
}

static struct judgement judge(
	const struct policy *p, const struct candidates *c, enum decision otherwise)
{
	const struct rule *strictest = NULL;

	if (lacks_budget(p, c->all[0].request))
		return (struct judgement){ .decision = DECISION_DENY, .rule = RULE_BUDGET };

	for (size_t i = 0; i < c->n; i++)
		strictest = find_stricter(p, &c->all[i], strictest);
	if (strictest)
		return (struct judgement){
			.decision = strictest->action,
			.rule = strictest->id,
			.reason = strictest->reason,
			.index = (size_t)(strictest - p->rules),
			.by_rule = true,
			.remember = strictest->action == DECISION_PENDING && strictest->remember,
		};
	return (struct judgement){
		.decision = p->default_action != DECISION_NONE ? p->default_action : otherwise,
		.rule = RULE_DEFAULT,
		.remember = true,
	};
}

/*
 * Whether what would be run can't be seen, so that it can't be allowed by what has decided. A rule
 * that allows a shell whatever it is given has said so itself.
 */
static bool is_unseen(const struct candidates *c, const struct judgement *j)
{
	return c->all[0].hidden || c->unread || (!j->by_rule && (c->opaque || c->hidden));
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

	j = judge(p, &c, otherwise);
	if (j.decision == DECISION_ALLOW && is_unseen(&c, &j))
		j = (struct judgement){ .decision = DECISION_PENDING, .rule = RULE_HIDDEN };
	j.hidden = c.all[0].hidden || c.unread;
	j.remember &= !j.hidden;
	candidates_deinit(&c);

	*ret = j;
	return 0;
}

/* --- approvals -------------------------------------------------------------------------------- */

const struct approver_groups *policy_approvers(const struct policy *p)
{
	static const struct approver_groups none;

	return p ? &p->approvers : &none;
}

/* All rules that match count, not the strictest alone. */
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
	struct candidate s;
	int r;

	if (!p || !p->demands)
		return 0;

	r = candidate_init(&s, request, asker);
	if (r < 0)
		return r;

	add_demands(p, &s, d);
	candidate_deinit(&s);
	return 0;
}

int judgement_append_reason(const struct judgement *j, struct bytes *b)
{
	const char *what = j->decision == DECISION_ALLOW ? "allowed"
		: j->decision == DECISION_DENY           ? "denied"
							 : "asked about";

	if (strcmp(j->rule, RULE_BUDGET) == 0)
		return bytes_append_str(b, "budget_state_ref is required");
	if (strcmp(j->rule, RULE_HIDDEN) == 0)
		return bytes_append_str(b, "the command that would be run can't be seen");
	if (!j->by_rule)
		return bytes_appendf(b, "%s by the default action", what);
	if (!j->reason)
		return bytes_appendf(b, "%s by rule %s", what, j->rule);
	return bytes_appendf(b, "%s (rule %s)", j->reason, j->rule);
}

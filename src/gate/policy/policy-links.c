/* SPDX-License-Identifier: ISC */

/* Which links in the trusted directories a policy needs to know. */

#include "gate/policy/policy-document.h"
#include "gate/policy/policy.h"

bool policy_has_wide_rules(const struct policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].action != DECISION_ALLOW)
			return true;
	return p->of_kind[KIND_EXEC].n > 0;
}

bool policy_wants_link(const struct policy *p, const char *path)
{
	struct rule_set set = { 0 };

	if (p->of_kind[KIND_EXEC].n > 0)
		return true;
	policy_index_find_link(&p->index, path, &set);
	rule_set_each(i, &set) if (p->rules[i].action != DECISION_ALLOW
		&& rule_fits_link(&p->rules[i], path)) return true;
	return false;
}

void policy_set_links(struct policy *p, struct program_links *links)
{
	program_links_deinit(&p->trusted.links);
	p->trusted.links = *links;
	*links = (struct program_links){ 0 };
}

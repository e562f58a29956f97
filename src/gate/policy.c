/* SPDX-License-Identifier: ISC */

/*
 * Judging. Most rules name the file that they are about, so they are found by its name, and only
 * they are tried. The set of those that may match is made first: a rule is tried once, however
 * often its file is named behind a wrapper.
 */

#include "gate/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "gate/glob.h"
#include "gate/policy-internal.h"

void policy_free(struct policy *p)
{
	if (!p)
		return;

	for (size_t i = 0; i < p->n_rules; i++)
		rule_deinit(&p->rules[i]);
	free(p->rules);
	free(p->entries);
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
	return &p->trusted;
}

bool policy_uses_groups(const struct policy *p)
{
	return p->uses_groups;
}

enum decision policy_default(const struct policy *p)
{
	return p->default_action;
}

/* --- the index -------------------------------------------------------------------------------- */

static void set_add(struct policy_set *set, size_t rule)
{
	set->words[rule / 64] |= UINT64_C(1) << rule % 64;
}

static int compare_entries(const void *a, const void *b)
{
	const struct policy_entry *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (x->rule > y->rule) - (x->rule < y->rule);
}

int policy_make_index(struct policy *p)
{
	const struct patterns *first;
	const char *name;
	size_t n = 0;

	for (size_t i = 0; i < p->n_rules; i++)
		n += p->rules[i].argv[0].n;
	p->entries = calloc(n > 0 ? n : 1, sizeof(*p->entries));
	if (!p->entries)
		return -ENOMEM;

	for (size_t i = 0; i < p->n_rules; i++) {
		first = &p->rules[i].argv[0];
		p->uses_groups |= p->rules[i].groups.n > 0;
		for (size_t k = 0; k < first->n; k++) {
			name = path_name(first->any[k]);
			if (glob_is_literal(name))
				p->entries[p->n_entries++] = (struct policy_entry){ name, i };
			else
				set_add(&p->any_name, i);
		}
	}
	qsort(p->entries, p->n_entries, sizeof(*p->entries), compare_entries);
	return 0;
}

/* The first entry of that name, or where it would stand. */
static size_t find_entry(const struct policy *p, const char *name)
{
	size_t low = 0, high = p->n_entries, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(p->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void set_add_named(struct policy_set *set, const struct policy *p, const char *name)
{
	for (size_t i = find_entry(p, name);
		i < p->n_entries && strcmp(p->entries[i].name, name) == 0; i++)
		set_add(set, p->entries[i].rule);
}

static struct policy_set find_candidates(const struct policy *p, const struct subject *s)
{
	struct policy_set set = p->any_name;

	set_add_named(&set, p, s->executable.name);
	if (s->real.name)
		set_add_named(&set, p, s->real.name);
	for (size_t i = 0; s->wrapped && i < s->n_words; i++)
		set_add_named(&set, p, s->words[i].program.name);
	return set;
}

/* --- judging ---------------------------------------------------------------------------------- */

static int strictness(enum decision d)
{
	switch (d) {
	case DECISION_ALLOW:
		return 1;
	case DECISION_PENDING:
		return 2;
	case DECISION_DENY:
		return 3;
	default:
		return 0;
	}
}

/* Of rules that are alike strict, the first of the document. */
static const struct rule *find_strictest(const struct policy *p, const struct subject *s)
{
	const struct policy_set set = find_candidates(p, s);
	const struct rule *found = NULL, *rule;
	enum decision decision = DECISION_NONE;

	for (size_t w = 0; w < POLICY_SET_WORDS; w++) {
		for (uint64_t left = set.words[w]; left; left &= left - 1) {
			rule = &p->rules[w * 64 + (size_t)__builtin_ctzll(left)];
			if (strictness(rule->action) <= strictness(decision)
				|| rule_try(rule, &p->trusted, s, NULL) != RULE_MATCHES)
				continue;
			found = rule;
			decision = rule->action;
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
	const struct policy *p, const struct subject *s, enum decision otherwise)
{
	const struct rule *rule;

	if (lacks_budget(p, s->request))
		return (struct judgement){ .decision = DECISION_DENY, .rule = RULE_BUDGET };

	rule = find_strictest(p, s);
	if (rule)
		return (struct judgement){
			.decision = rule->action,
			.rule = rule->id,
			.reason = rule->reason,
			.index = (size_t)(rule - p->rules),
			.by_rule = true,
		};
	return (struct judgement){
		.decision = p->default_action != DECISION_NONE ? p->default_action : otherwise,
		.rule = RULE_DEFAULT,
	};
}

int policy_judge(const struct policy *p, const struct request *request, const struct asker *asker,
	enum decision otherwise, struct judgement *ret)
{
	struct judgement j = { .decision = otherwise, .rule = RULE_DEFAULT };
	struct subject s;
	int r;

	if (!p) {
		*ret = j;
		return 0;
	}

	r = subject_init(&s, request, asker);
	if (r < 0)
		return r;

	j = judge(p, &s, otherwise);
	/* Whoever or whatever allows it: what would be run is not to be seen. */
	if (s.hidden && j.decision == DECISION_ALLOW)
		j = (struct judgement){ .decision = DECISION_PENDING, .rule = RULE_HIDDEN };
	j.hidden = s.hidden;
	subject_deinit(&s);

	*ret = j;
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

/* SPDX-License-Identifier: ISC */

/*
 * Reads a policy's document; gate/policy/rule-read reads the rules. All faults are reported, but
 * after a JSON error nothing more is read.
 */

#include "gate/policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "gate/policy/glob.h"
#include "gate/policy/policy-internal.h"
#include "gate/policy/policy-part.h"
#include "gate/policy/rule-read.h"

#define AT(member) offsetof(struct policy, member)

static int take_metadata(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	static const struct dispatch_row rows[] = {
		{ "id", dispatch_take_string, AT(id), false, LIMIT_STRING },
		{ "version", dispatch_take_string, AT(version), false, LIMIT_STRING },
		{ 0 },
	};
	const struct policy_part *document = d->context;
	const struct policy_part part = { .faults = document->faults, .name = row->key };

	return policy_part_read(&part, d->to, v->json, rows);
}

static const char *directory_fault(const char *directory)
{
	if (!directory)
		return "must be a string";
	if (!glob_is_literal(directory))
		return "is no pattern: '*' and '?' can't stand here";
	if (strlen(directory) > LIMIT_PATH)
		return "is longer than a path can be";
	if (!path_is_normal(directory))
		return "must be an absolute path without '.', '..', '//' and final '/'";
	return NULL;
}

static int take_directory(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	struct trusted *trusted = to;
	const char *fault = directory_fault(json_string(v));

	if (fault)
		return dispatch_refuse(d, where, "%s", fault);
	trusted->directories[trusted->n++] = json_string(v);
	return 0;
}

static int take_trusted(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct trusted *trusted = dispatch_to(d, row);

	trusted->n = 0;
	return dispatch_array(
		d, row->key, v->json, 0, LIMIT_TRUSTED_PATHS, take_directory, trusted);
}

static int take_approver_groups(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct policy_part *part = d->context;

	return approver_groups_take(dispatch_to(d, row), part->names->group, part->faults, v->json);
}

static int take_principals(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct policy_part *part = d->context;

	return approver_groups_take_principals(dispatch_to(d, row), part->faults, v->json);
}

/* The IDs of the rules that `defaults` makes. */
static const char *const default_ids[KINDS] = {
	[KIND_READ] = "defaults.read",
	[KIND_WRITE] = "defaults.write",
	[KIND_FETCH] = "defaults.fetch",
	[KIND_GIT] = "defaults.git",
	[KIND_MCP] = "defaults.mcp",
};

static int take_default_of(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct policy *p = d->to;
	const enum kind kind = kind_parse(row->key);

	p->of_kind[kind].otherwise = (struct rule){ .id = default_ids[kind], .kind = kind };
	return rule_take_action(d, row, v);
}

static int take_defaults(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct policy_part *document = d->context;
	const struct policy_part part = { .faults = document->faults, .name = row->key };
	struct dispatch_row rows[KINDS + 1] = { 0 };
	size_t n = 0;

	for (enum kind kind = 0; kind < KINDS; kind++)
		if (default_ids[kind])
			rows[n++] = (struct dispatch_row){
				kind_name(kind),
				take_default_of,
				AT(of_kind) + kind * sizeof(struct kind_rules)
					+ offsetof(struct kind_rules, otherwise.action),
				false,
				0,
			};
	return policy_part_read(&part, d->to, v->json, rows);
}

/* A name that could lead out of the directory of the packs is not a pack's name. */
static bool is_pack(const char *name)
{
	static const char known[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return name && name[0] && name[0] != '.' && strlen(name) <= LIMIT_RULE_ID
		&& name[strspn(name, known)] == '\0';
}

static int take_pack(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	const char *name = json_string(v);
	struct patterns *packs = to;

	if (!is_pack(name))
		return dispatch_refuse(d, where, "must be the name of a policy pack");
	for (size_t i = 0; i < packs->n; i++)
		if (strcmp(packs->any[i], name) == 0)
			return dispatch_refuse(d, where, "is named twice");
	packs->any[packs->n++] = name;
	return 0;
}

static int take_packs(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct patterns *packs = dispatch_to(d, row);

	packs->any = calloc(LIMIT_PACKS_NAMED, sizeof(*packs->any));
	if (!packs->any)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 0, LIMIT_PACKS_NAMED, take_pack, packs);
}

/* Checks the array only: rules are read after all other members. */
static int take_rules(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return dispatch_array(d, row->key, v->json, 0, LIMIT_POLICY_RULES, NULL, NULL);
}

static int take_runners(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct policy_part *part = d->context;

	return runners_read(v->json, part->faults, dispatch_to(d, row));
}

static const struct dispatch_row keys[] = {
	DISPATCH_SCHEMA,
	{ "metadata", take_metadata, 0, false, 0 },
	{ RULE_DEFAULT, rule_take_action, AT(default_action), false, 0 },
	{ RULE_BUDGET, dispatch_take_bool, AT(require_budget), false, 0 },
	{ "trusted_path", take_trusted, AT(trusted), false, 0 },
	{ "approver_groups", take_approver_groups, AT(approvers), false, 0 },
	{ "principals", take_principals, AT(approvers), false, 0 },
	{ "defaults", take_defaults, 0, false, 0 },
	{ POLICY_RUNNERS, take_runners, AT(runners), false, 0 },
	{ "packs", take_packs, AT(packs), false, 0 },
};

static const struct rule_section sections[] = {
	{ "exec", KIND_EXEC, false },
	{ "lines", KIND_EXEC, true },
	{ "read", KIND_READ, false },
	{ "write", KIND_WRITE, false },
	{ "fetch", KIND_FETCH, false },
	{ "git", KIND_GIT, false },
	{ "mcp", KIND_MCP, false },
};

struct reader {
	struct policy *policy;
	const struct policy_names *names;
	struct faults *faults;
};

static int compare_ids(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;
	int r = strcmp((*x)->id, (*y)->id);

	return r != 0 ? r : (*x > *y) - (*x < *y);
}

/* IDs must be distinct, so that one identifies the rule. */
static int check_ids(
	struct reader *r, const char *section, const struct rule *rules, size_t n_rules)
{
	cleanup(free_p) const struct rule **sorted = NULL;
	char place[64];
	size_t n = 0;

	sorted = calloc(n_rules + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;

	for (size_t i = 0; i < n_rules; i++)
		if (rules[i].id)
			sorted[n++] = &rules[i];
	qsort(sorted, n, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0)
			continue;
		snprintf(place, sizeof(place), ": %s[%zu]:", section, (size_t)(sorted[i] - rules));
		faults_add(r->faults, place, "has the id of %s[%zu]", section,
			(size_t)(sorted[i - 1] - rules));
	}
	return 0;
}

/* If a rule names an unknown group, no approval would ever be enough. */
static void check_approvers(
	struct reader *r, const char *section, const struct rule *rule, size_t index)
{
	char place[64];

	if (!rule->approvers || approver_groups_find(&r->policy->approvers, rule->approvers))
		return;
	snprintf(place, sizeof(place), ": %s[%zu]:", section, index);
	faults_add(r->faults, place, "approvers names no group of approver_groups");
}

static void check_runners(
	struct reader *r, const char *section, const struct rule *rule, size_t index)
{
	char place[64];

	snprintf(place, sizeof(place), ": %s[%zu]:", section, index);
	rule_runners_check(&rule->runners, r->policy->runners, place, r->faults);
}

static int read_rules(struct reader *r, const struct rule_section *section)
{
	struct policy *p = r->policy;
	const struct json *root = json_root(p->doc), *array = json_get(root, section->name);
	const bool argv = section->kind == KIND_EXEC && !section->lines;
	/* Without groups, `approvers` of a rule of another section is only shown. */
	const bool grouped = argv || json_get(root, "approver_groups");
	struct rule **rules = argv ? &p->rules : &p->of_kind[section->kind].rules;
	size_t *n = argv ? &p->n_rules : &p->of_kind[section->kind].n;
	int e;

	if (!array || !json_is_array(array) || json_size(array) > LIMIT_POLICY_RULES)
		return 0;

	*rules = calloc(json_size(array) + 1, sizeof(**rules));
	if (!*rules)
		return -ENOMEM;

	json_each (child, array) {
		++*n;
		e = rule_read(child, section, *n - 1, &p->trusted, r->names, r->faults,
			&(*rules)[*n - 1]);
		if (e < 0)
			return e;
		if (grouped)
			check_approvers(r, section->name, &(*rules)[*n - 1], *n - 1);
		check_runners(r, section->name, &(*rules)[*n - 1], *n - 1);
	}
	return check_ids(r, section->name, *rules, *n);
}

static int trust_the_usual(struct trusted *trusted)
{
	const struct trusted *otherwise = policy_trusted(NULL);

	trusted->directories = calloc(LIMIT_TRUSTED_PATHS, sizeof(*trusted->directories));
	if (!trusted->directories)
		return -ENOMEM;

	for (; trusted->n < otherwise->n; trusted->n++)
		trusted->directories[trusted->n] = otherwise->directories[trusted->n];
	return 0;
}

static int read_document(struct reader *r)
{
	const struct policy_part part = { .faults = r->faults, .names = r->names };
	const struct json *root = json_root(r->policy->doc);
	struct dispatch_row rows[LENGTH(keys) + LENGTH(sections) + 1] = { 0 };
	int e;

	memcpy(rows, keys, sizeof(keys));
	for (size_t i = 0; i < LENGTH(sections); i++)
		rows[LENGTH(keys) + i] =
			(struct dispatch_row){ sections[i].name, take_rules, 0, false, 0 };
	e = policy_part_read(&part, r->policy, root, rows);
	if (e < 0)
		return e;

	for (size_t i = 0; i < LENGTH(sections); i++) {
		e = read_rules(r, &sections[i]);
		if (e < 0)
			return e;
	}
	return 0;
}

/* Determines the document's form from its members. */
static int read_form(struct reader *r)
{
	struct policy *p = r->policy;
	const struct json *root = json_root(p->doc);

	/*
	 * The key would have no effect in these forms. A check must not be switched off silently.
	 */
	if (json_get(root, POLICY_RUNNERS) && (registry_is_one(root) || policy_is_compiled(root)))
		faults_add(r->faults, ": " POLICY_RUNNERS ":",
			"belongs to a policy, not to a registry or a compiled document");
	if (registry_is_one(root))
		return registry_read(root, r->faults, &p->registry);
	if (policy_is_compiled(root))
		return policy_read_compiled(p, r->faults);
	return read_document(r);
}

int policy_parse(const char *text, size_t len, const struct policy_names *names,
	struct faults *faults, struct policy **ret)
{
	cleanup(policy_free_p) struct policy *p = NULL;
	const size_t faults_before = faults->n;
	struct reader r = { .names = names, .faults = faults };
	struct scan_fault fault;
	int e;

	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;

	e = json_parse(text, len, &p->doc, &fault);
	if (e == JSON_MALFORMED) {
		faults_add_syntax(faults, text, &fault);
		return POLICY_FAULTY;
	}
	if (e < 0)
		return e;

	r.policy = p;
	e = trust_the_usual(&p->trusted);
	if (e == 0)
		e = read_form(&r);
	if (e < 0)
		return e;
	if (faults->failed)
		return -ENOMEM;
	if (faults->n > faults_before)
		return POLICY_FAULTY;

	e = policy_finish(p);
	if (e < 0)
		return e;

	*ret = steal_ptr(p);
	return 0;
}

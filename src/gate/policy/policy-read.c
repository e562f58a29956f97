/* SPDX-License-Identifier: ISC */

/*
 * Reads a policy's document; gate/policy/rule-read reads the rules. All faults are reported, but
 * after a JSON error nothing more is read.
 */

#include "gate/policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "gate/policy/glob.h"
#include "gate/policy/policy-internal.h"
#include "gate/policy/rule-read.h"

struct reader {
	struct policy *policy;
	const struct policy_names *names;
	struct faults *faults;
};

struct key {
	const char *name;
	int (*take)(struct reader *r, const struct json *v);
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int add_unknown_key(struct reader *r, const char *place, const char *name)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int e;

	e = text_append_escaped(&shown, name, strlen(name));
	if (e >= 0)
		faults_add(r->faults, place, "unknown key '%s'", bytes_str(&shown));
	return e;
}

static void take_string(struct reader *r, const char *place, const struct json *v, const char **ret)
{
	const char *string = json_string(v);

	if (!string)
		faults_add(r->faults, place, "must be a string");
	else if (strlen(string) > LIMIT_STRING)
		faults_add(r->faults, place, "is longer than %d bytes", LIMIT_STRING);
	else
		*ret = string;
}

static int take_metadata(struct reader *r, const struct json *v)
{
	int e;

	if (!json_is_object(v)) {
		faults_add(r->faults, ": metadata:", "must be an object");
		return 0;
	}

	json_each (member, v) {
		if (strcmp(json_key(member), "id") == 0) {
			take_string(r, ": metadata.id:", member, &r->policy->id);
		} else if (strcmp(json_key(member), "version") == 0) {
			take_string(r, ": metadata.version:", member, &r->policy->version);
		} else {
			e = add_unknown_key(r, ": metadata:", json_key(member));
			if (e < 0)
				return e;
		}
	}
	return 0;
}

static int take_default(struct reader *r, const struct json *v)
{
	const char *name = json_string(v);

	r->policy->default_action = name ? decision_parse(name) : DECISION_NONE;
	if (r->policy->default_action == DECISION_NONE)
		faults_add(r->faults,
			": default_action:", "must be 'allow', 'deny' or 'pending_hitl'");
	return 0;
}

static int take_require_budget(struct reader *r, const struct json *v)
{
	if (!json_bool(v, &r->policy->require_budget))
		faults_add(r->faults, ": " RULE_BUDGET ":", "must be true or false");
	return 0;
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

static int take_trusted(struct reader *r, const struct json *v)
{
	struct trusted *trusted = &r->policy->trusted;
	const char *fault;
	char place[64];
	size_t n = json_is_array(v) ? json_size(v) : 0, i = 0;

	if (!json_is_array(v) || n > LIMIT_TRUSTED_PATHS) {
		faults_add(r->faults, ": trusted_path:", "must be an array of at most %d paths",
			LIMIT_TRUSTED_PATHS);
		return 0;
	}

	trusted->n = 0;
	json_each (child, v) {
		fault = directory_fault(json_string(child));
		if (fault) {
			snprintf(place, sizeof(place), ": trusted_path[%zu]:", i);
			faults_add(r->faults, place, "%s", fault);
		} else {
			trusted->directories[trusted->n++] = json_string(child);
		}
		i++;
	}
	return 0;
}

static int take_approver_groups(struct reader *r, const struct json *v)
{
	return approver_groups_take(&r->policy->approvers, r->names->group, r->faults, v);
}

static int take_principals(struct reader *r, const struct json *v)
{
	return approver_groups_take_principals(&r->policy->approvers, r->faults, v);
}

/* Checks the array only: rules are read after all other members. */
static int take_rules(struct reader *r, const struct json *v)
{
	char place[64];

	snprintf(place, sizeof(place), ": %s:", json_key(v));
	if (!json_is_array(v))
		faults_add(r->faults, place, "must be an array of rules");
	else if (json_size(v) > LIMIT_POLICY_RULES)
		faults_add(r->faults, place, "has more than %d rules", LIMIT_POLICY_RULES);
	return 0;
}

static const struct rule_section sections[] = {
	{ "exec", KIND_EXEC, false },
	{ "lines", KIND_EXEC, true },
	{ "read", KIND_READ, false },
	{ "write", KIND_WRITE, false },
	{ "fetch", KIND_FETCH, false },
	{ "git", KIND_GIT, false },
	{ "mcp", KIND_MCP, false },
};

/* The kinds that `defaults` may name, with the ID of the resulting rule. */
static const char *const default_ids[KINDS] = {
	[KIND_READ] = "defaults.read",
	[KIND_WRITE] = "defaults.write",
	[KIND_FETCH] = "defaults.fetch",
	[KIND_GIT] = "defaults.git",
	[KIND_MCP] = "defaults.mcp",
};

static int take_default_of(struct reader *r, const struct json *v)
{
	const char *name = json_string(v);
	const enum decision action = name ? decision_parse(name) : DECISION_NONE;
	char place[64];

	for (enum kind kind = 0; kind < KINDS; kind++) {
		if (!default_ids[kind] || strcmp(kind_name(kind), json_key(v)) != 0)
			continue;
		snprintf(place, sizeof(place), ": %s:", default_ids[kind]);
		if (action == DECISION_NONE)
			faults_add(r->faults, place, "must be 'allow', 'deny' or 'pending_hitl'");
		r->policy->of_kind[kind].otherwise =
			(struct rule){ .id = default_ids[kind], .kind = kind, .action = action };
		return 0;
	}
	return add_unknown_key(r, ": defaults:", json_key(v));
}

static int take_defaults(struct reader *r, const struct json *v)
{
	int e;

	if (!json_is_object(v)) {
		faults_add(r->faults, ": defaults:", "must be an object");
		return 0;
	}
	json_each (member, v) {
		e = take_default_of(r, member);
		if (e < 0)
			return e;
	}
	return 0;
}

static const struct key keys[] = {
	{ "metadata", take_metadata },
	{ "default_action", take_default },
	{ RULE_BUDGET, take_require_budget },
	{ "trusted_path", take_trusted },
	{ "approver_groups", take_approver_groups },
	{ "principals", take_principals },
	{ "defaults", take_defaults },
	{ "exec", take_rules },
	{ "lines", take_rules },
	{ "read", take_rules },
	{ "write", take_rules },
	{ "fetch", take_rules },
	{ "git", take_rules },
	{ "mcp", take_rules },
};

static int read_member(struct reader *r, const struct json *member)
{
	for (size_t i = 0; i < LENGTH(keys); i++)
		if (strcmp(keys[i].name, json_key(member)) == 0)
			return keys[i].take(r, member);
	return add_unknown_key(r, ":", json_key(member));
}

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
	const struct json *root = json_root(r->policy->doc);
	int e;

	json_each (member, root) {
		e = read_member(r, member);
		if (e < 0)
			return e;
	}
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

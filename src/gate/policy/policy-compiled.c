/* SPDX-License-Identifier: ISC */

/*
 * Reads a compiled policy: another form of the document. Each of its lists becomes one rule. If no
 * list of a kind fits, the kind's last rule decides, which fits everything.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gate/limits.h"
#include "gate/policy/pattern-read.h"
#include "gate/policy/policy-internal.h"
#include "gate/policy/policy-part.h"

#define SECURITY "Platform Security"
#define OWNERS "Repository Owners"

/* The sources of rules: the lists of a document, the protected branches, and everything else. */
enum source {
	LIST_BLOCK_READ,
	LIST_BLOCK_WRITE,
	LIST_ASK_WRITE,
	LIST_BLOCK_COMMANDS,
	LIST_ALLOW_COMMANDS,
	LIST_BLOCKED_SERVERS,
	LIST_ALLOWED_SERVERS,
	LISTS,
	PROTECTED_BRANCHES,
	ANYTHING,
};

static const struct {
	const char *section, *key;
} lists[LISTS] = {
	[LIST_BLOCK_READ] = { "filesystem", "block_read" },
	[LIST_BLOCK_WRITE] = { "filesystem", "block_write" },
	[LIST_ASK_WRITE] = { "filesystem", "require_approval_write" },
	[LIST_BLOCK_COMMANDS] = { "commands", "block" },
	[LIST_ALLOW_COMMANDS] = { "commands", "allow" },
	[LIST_BLOCKED_SERVERS] = { "mcp", "blocked_servers" },
	[LIST_ALLOWED_SERVERS] = { "mcp", "allowed_servers" },
};

/* The rules that the lists become. LIST_ALLOWED_SERVERS becomes a rule about all other servers. */
static const struct {
	enum kind kind;
	enum source source;
	const char *id;
	enum decision action;
	enum severity severity;
	const char *approvers;
} forms[] = {
	{ KIND_READ, LIST_BLOCK_READ, "filesystem.read.block", DECISION_DENY, SEVERITY_HIGH, NULL },
	{ KIND_READ, ANYTHING, "filesystem.read.allow", DECISION_ALLOW, SEVERITY_LOW, NULL },
	{ KIND_WRITE, LIST_BLOCK_WRITE, "filesystem.write.block", DECISION_DENY, SEVERITY_HIGH,
		NULL },
	{ KIND_WRITE, LIST_ASK_WRITE, "filesystem.write.require_approval", DECISION_PENDING,
		SEVERITY_HIGH, SECURITY },
	{ KIND_WRITE, ANYTHING, "filesystem.write.allow", DECISION_ALLOW, SEVERITY_LOW, NULL },
	{ KIND_EXEC, LIST_BLOCK_COMMANDS, "commands.block", DECISION_DENY, SEVERITY_HIGH, NULL },
	{ KIND_EXEC, LIST_ALLOW_COMMANDS, "commands.allow", DECISION_ALLOW, SEVERITY_LOW, NULL },
	{ KIND_EXEC, ANYTHING, "commands.default.require_approval", DECISION_PENDING,
		SEVERITY_MEDIUM, OWNERS },
	{ KIND_GIT, PROTECTED_BRANCHES, "git.protected_branch.block_direct_push", DECISION_DENY,
		SEVERITY_HIGH, NULL },
	{ KIND_GIT, ANYTHING, "git.allow", DECISION_ALLOW, SEVERITY_LOW, NULL },
	{ KIND_MCP, LIST_BLOCKED_SERVERS, "mcp.server.trust.block_unknown", DECISION_DENY,
		SEVERITY_HIGH, NULL },
	{ KIND_MCP, LIST_ALLOWED_SERVERS, "mcp.server.trust.block_unknown", DECISION_DENY,
		SEVERITY_HIGH, NULL },
	{ KIND_MCP, ANYTHING, "mcp.server.trust.allow", DECISION_ALLOW, SEVERITY_LOW, NULL },
};

struct reader {
	struct policy *policy;
	struct patterns lists[LISTS];
	bool block_unknown;
};

#define AT(member) offsetof(struct reader, member)

bool policy_is_compiled(const struct json *root)
{
	const struct json *mcp = json_get(root, "mcp");

	return json_get(root, "filesystem") || json_get(root, "commands")
		|| (mcp && json_is_object(mcp));
}

static int take_list(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	return pattern_read_long_list(d, row->key, v->json, pattern_run_fault, dispatch_to(d, row));
}

/* Reads the lists of a section, and its other members. */
static int take_section(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	const struct policy_part *document = d->context;
	const struct policy_part part = { .faults = document->faults, .name = row->key };
	struct dispatch_row rows[LISTS + 2] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < LISTS; i++)
		if (strcmp(lists[i].section, row->key) == 0)
			rows[n++] = (struct dispatch_row){ lists[i].key, take_list,
				AT(lists) + i * sizeof(struct patterns), false, 0 };
	if (strcmp(row->key, "mcp") == 0)
		rows[n++] = (struct dispatch_row){ "block_unknown_servers", dispatch_take_bool,
			AT(block_unknown), false, 0 };
	return policy_part_read(&part, d->to, v->json, rows);
}

/* For display, so that a version of another type counts as none. */
static int take_version(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	*(const char **)dispatch_to(d, row) = v->string;
	return 0;
}

/* The other metadata doesn't affect decisions. */
static int take_metadata(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	static const struct dispatch_row rows[] = {
		{ "id", dispatch_take_word, offsetof(struct policy, id), true, LIMIT_RULE_ID },
		{ "version", take_version, offsetof(struct policy, version), false, 0 },
		{ 0 },
	};
	const struct policy_part *document = d->context;
	const struct policy_part part = {
		.faults = document->faults, .name = row->key, .open = true
	};
	const struct reader *r = d->to;

	return policy_part_read(&part, r->policy, v->json, rows);
}

static const struct dispatch_row keys[] = {
	DISPATCH_SCHEMA,
	{ "metadata", take_metadata, 0, true, 0 },
	{ "filesystem", take_section, 0, false, 0 },
	{ "commands", take_section, 0, false, 0 },
	{ "mcp", take_section, 0, false, 0 },
	{ 0 },
};

/* --- rules ------------------------------------------------------------------------------------ */

static int take_branches(struct rule *rule)
{
	static const char *const branches[] = { "main", "master" };

	rule->targets.any = calloc(LENGTH(branches), sizeof(*rule->targets.any));
	if (!rule->targets.any)
		return -ENOMEM;

	for (size_t i = 0; i < LENGTH(branches); i++)
		rule->targets.any[rule->targets.n++] = branches[i];
	rule->pushes = true;
	return 0;
}

static int add_rule(struct reader *r, size_t form)
{
	const enum source source = forms[form].source;
	struct policy *p = r->policy;
	struct kind_rules *of = &p->of_kind[forms[form].kind];
	struct rule *rule;

	/* A rule without targets would match everything, so an empty list makes no rule. */
	if (source < LISTS && source != LIST_ALLOWED_SERVERS && r->lists[source].n == 0)
		return 0;
	if (source == LIST_ALLOWED_SERVERS && !r->block_unknown)
		return 0;

	rule = source == ANYTHING ? &of->otherwise : &of->rules[of->n++];
	*rule = (struct rule){
		.id = forms[form].id,
		.action = forms[form].action,
		.kind = forms[form].kind,
		.compiled = true,
		.severity = forms[form].severity,
		.approvers = forms[form].approvers,
	};
	if (source == PROTECTED_BRANCHES)
		return take_branches(rule);
	if (source == LIST_ALLOWED_SERVERS)
		rule->except_targets = r->lists[source];
	else if (source < LISTS)
		rule->targets = r->lists[source];
	if (source < LISTS)
		r->lists[source] = (struct patterns){ 0 };
	return 0;
}

static int make_rules(struct reader *r)
{
	int e = 0;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		r->policy->of_kind[kind].rules =
			calloc(LENGTH(forms), sizeof(*r->policy->of_kind[kind].rules));
		if (!r->policy->of_kind[kind].rules)
			return -ENOMEM;
	}
	for (size_t i = 0; e == 0 && i < LENGTH(forms); i++)
		e = add_rule(r, i);
	return e;
}

int policy_read_compiled(struct policy *policy, struct faults *faults)
{
	const struct policy_part document = { .faults = faults };
	struct reader r = { .policy = policy };
	int e;

	policy->compiled = true;
	e = policy_part_read(&document, &r, json_root(policy->doc), keys);
	if (e >= 0)
		e = make_rules(&r);
	for (size_t i = 0; i < LISTS; i++)
		free(r.lists[i].any);
	return e;
}

/* SPDX-License-Identifier: ISC */

/*
 * Reads a compiled policy: another form of the document, whose lists become rules. Each list
 * becomes one rule. What no list fits is decided by a rule of its kind that fits everything.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/limits.h"
#include "gate/policy/policy-internal.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

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

#define UNKNOWN_KEY "block_unknown_servers"

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
	struct faults *faults;
	struct patterns lists[LISTS];
	bool block_unknown;
};

bool policy_is_compiled(const struct json *root)
{
	const struct json *mcp = json_get(root, "mcp");

	return json_get(root, "filesystem") || json_get(root, "commands")
		|| (mcp && json_is_object(mcp));
}

static int add_unknown(struct reader *r, const char *place, const char *key)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int e;

	e = text_append_escaped(&shown, key, strlen(key));
	if (e >= 0)
		faults_add(r->faults, place, "unknown key '%s'", bytes_str(&shown));
	return e;
}

static const char *pattern_fault(const char *pattern)
{
	if (!pattern)
		return "must be a string";
	if (text_is_blank(pattern))
		return "is blank";
	return strlen(pattern) > LIMIT_PATTERN ? "is longer than 4096 bytes" : NULL;
}

static int take_list(struct reader *r, const char *place, const struct json *v, struct patterns *p)
{
	char where[128];
	const char *fault;
	size_t i = 0;

	if (!json_is_array(v) || json_size(v) > LIMIT_POLICY_RULES) {
		faults_add(r->faults, place, "must be an array of at most %d patterns",
			LIMIT_POLICY_RULES);
		return 0;
	}

	p->any = calloc(json_size(v) + 1, sizeof(*p->any));
	if (!p->any)
		return -ENOMEM;

	json_each (child, v) {
		fault = pattern_fault(json_string(child));
		snprintf(where, sizeof(where), "%.*s[%zu]:", (int)strlen(place) - 1, place, i++);
		if (fault)
			faults_add(r->faults, where, "%s", fault);
		else
			p->any[p->n++] = json_string(child);
	}
	return 0;
}

static int take_member(struct reader *r, const char *section, const struct json *v)
{
	const char *key = json_key(v);
	char place[96];

	snprintf(place, sizeof(place), ": %s.%.40s:", section, key);
	for (size_t i = 0; i < LISTS; i++)
		if (strcmp(lists[i].section, section) == 0 && strcmp(lists[i].key, key) == 0)
			return take_list(r, place, v, &r->lists[i]);
	if (strcmp(section, "mcp") == 0 && strcmp(key, UNKNOWN_KEY) == 0) {
		if (!json_bool(v, &r->block_unknown))
			faults_add(r->faults, place, "must be true or false");
		return 0;
	}
	snprintf(place, sizeof(place), ": %s:", section);
	return add_unknown(r, place, key);
}

/* The other metadata doesn't affect decisions. */
static void take_metadata(struct reader *r, const struct json *v)
{
	const struct json *id = json_get(v, "id");

	if (!json_is_object(v) || !id || !json_string(id) || text_is_blank(json_string(id)))
		faults_add(r->faults, ": metadata:", "must be an object with an id");
	else if (strlen(json_string(id)) > LIMIT_RULE_ID)
		faults_add(r->faults, ": metadata.id:", "is longer than %d bytes", LIMIT_RULE_ID);
	else
		r->policy->id = json_string(id);
	r->policy->version = json_is_object(v) ? json_get_string(v, "version") : NULL;
}

static int take_section(struct reader *r, const struct json *v)
{
	const char *name = json_key(v);
	char place[64];
	int e;

	if (strcmp(name, "metadata") == 0) {
		take_metadata(r, v);
		return 0;
	}
	for (size_t i = 0; i < LISTS; i++) {
		if (strcmp(lists[i].section, name) != 0)
			continue;
		if (!json_is_object(v)) {
			snprintf(place, sizeof(place), ": %s:", lists[i].section);
			faults_add(r->faults, place, "must be an object");
			return 0;
		}
		json_each (member, v) {
			e = take_member(r, lists[i].section, member);
			if (e < 0)
				return e;
		}
		return 0;
	}
	return add_unknown(r, ":", name);
}

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
	const struct json *root = json_root(policy->doc);
	struct reader r = { .policy = policy, .faults = faults };
	int e = 0;

	policy->compiled = true;
	if (!json_get(root, "metadata"))
		faults_add(faults, ":", "metadata is missing");
	json_each (member, root) {
		e = take_section(&r, member);
		if (e < 0)
			break;
	}
	if (e >= 0)
		e = make_rules(&r);
	for (size_t i = 0; i < LISTS; i++)
		free(r.lists[i].any);
	return e;
}

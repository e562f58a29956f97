/* SPDX-License-Identifier: ISC */

/*
 * The registry: reading it from JSON, and judging. Among entries that fit equally, the strictest
 * decides.
 */

#include "gate/policy/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json/tree.h"
#include "base/text.h"
#include "gate/limits.h"

#define SERVERS_KEY "mcp_servers"
#define BLANKS " \t\r\n\v\f"

struct entry {
	const char *id, *name, *tier, *state;
	const struct json *capabilities, *tools; /* arrays of strings, or NULL */
};

struct registry {
	struct entry *entries;
	size_t n;
};

void registry_free(struct registry *r)
{
	if (!r)
		return;

	free(r->entries);
	free(r);
}

size_t registry_size(const struct registry *r)
{
	return r->n;
}

bool registry_is_one(const struct json *root)
{
	return json_get(root, SERVERS_KEY) != NULL;
}

/* --- reading ---------------------------------------------------------------------------------- */

static const struct {
	const char *key;
	size_t offset;
	bool is_list;
} keys[] = {
	{ "server_id", offsetof(struct entry, id), false },
	{ "name", offsetof(struct entry, name), false },
	{ "trust_tier", offsetof(struct entry, tier), false },
	{ "approval_state", offsetof(struct entry, state), false },
	{ "capabilities", offsetof(struct entry, capabilities), true },
	{ "allowed_tools", offsetof(struct entry, tools), true },
};

static bool is_list_of_strings(const struct json *v)
{
	if (!json_is_array(v))
		return false;
	json_each (child, v)
		if (!json_string(child))
			return false;
	return true;
}

static void take_member(
	const struct json *v, const char *place, struct faults *faults, struct entry *entry)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		void *to = (char *)entry + keys[i].offset;

		if (strcmp(json_key(v), keys[i].key) != 0)
			continue;
		if (keys[i].is_list && is_list_of_strings(v))
			*(const struct json **)to = v;
		else if (!keys[i].is_list && json_string(v))
			*(const char **)to = json_string(v);
		else
			faults_add(faults, place, "%s must be %s", keys[i].key,
				keys[i].is_list ? "an array of strings" : "a string");
	}
}

/* Other members of an entry are for other programs and are ignored. */
static void read_entry(
	const struct json *v, size_t index, struct faults *faults, struct entry *entry)
{
	char place[64];

	snprintf(place, sizeof(place), ": " SERVERS_KEY "[%zu]:", index);
	if (!json_is_object(v)) {
		faults_add(faults, place, "must be an object");
		return;
	}

	json_each (member, v)
		take_member(member, place, faults, entry);
	if (!entry->id || text_is_blank(entry->id))
		faults_add(faults, place, "server_id is missing");
}

static int compare_ids(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static int check_ids(const struct registry *r, struct faults *faults)
{
	const struct entry **sorted = calloc(r->n + 1, sizeof(*sorted));
	char place[64];
	size_t n = 0;

	if (!sorted)
		return -ENOMEM;

	for (size_t i = 0; i < r->n; i++)
		if (r->entries[i].id)
			sorted[n++] = &r->entries[i];
	qsort(sorted, n, sizeof(*sorted), compare_ids);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id) != 0)
			continue;
		snprintf(place, sizeof(place),
			": " SERVERS_KEY "[%zu]:", (size_t)(sorted[i] - r->entries));
		faults_add(faults, place, "has the server_id of another one");
	}
	free(sorted);
	return 0;
}

int registry_read(const struct json *root, struct faults *faults, struct registry **ret)
{
	cleanup(registry_free_p) struct registry *r = NULL;
	const struct json *servers = json_get(root, SERVERS_KEY);
	size_t i = 0;
	int e;

	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	if (!json_is_array(servers) || json_size(servers) > LIMIT_POLICY_RULES) {
		faults_add(faults, ": " SERVERS_KEY ":", "must be an array of at most %d servers",
			LIMIT_POLICY_RULES);
		return 0;
	}

	r->entries = calloc(json_size(servers) + 1, sizeof(*r->entries));
	if (!r->entries)
		return -ENOMEM;

	json_each (child, servers) {
		read_entry(child, i, faults, &r->entries[i]);
		r->n = ++i;
	}
	e = check_ids(r, faults);
	if (e == 0)
		*ret = steal_ptr(r);
	return e;
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Compares in lower case, without blanks around the text. */
static bool says(const char *text, const char *word)
{
	size_t len;

	if (!text)
		return false;
	text += strspn(text, BLANKS);
	for (len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]); len--)
		;
	return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

static bool is_blocked(const struct entry *e)
{
	static const char *const states[] = { "denied", "revoked", "rejected", "expired",
		"blocked" };
	bool blocked = says(e->tier, "blocked");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		blocked |= says(e->state, states[i]);
	return blocked;
}

static bool is_exactly(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

static bool lists(const struct json *list, const char *text)
{
	if (!list || !text)
		return false;
	json_each (child, list)
		if (strcmp(json_string(child), text) == 0)
			return true;
	return false;
}

#define RULE(name) "mcp.registry." name
#define APPROVERS "AI Governance"

static struct judgement decided(enum decision decision, const char *rule)
{
	return (struct judgement){
		.decision = decision,
		.rule = rule,
		.named = true,
		.severity = severity_of(decision),
		.approvers = decision == DECISION_PENDING ? APPROVERS : NULL,
	};
}

static struct judgement judge_entry(const struct entry *e, const struct target *t)
{
	if (is_blocked(e))
		return decided(DECISION_DENY, RULE("blocked"));
	if (!is_exactly(e->tier, "approved") || !is_exactly(e->state, "approved"))
		return decided(DECISION_PENDING, RULE("requires_approval"));
	if (!lists(e->tools, t->tool))
		return decided(DECISION_PENDING, RULE("tool_scope"));
	if (!lists(e->capabilities, t->capability))
		return decided(DECISION_PENDING, RULE("capability_scope"));
	return decided(DECISION_ALLOW, RULE("allow"));
}

/* The name of a blocked server is compared without regard to case. */
static bool is_about(const struct entry *e, const char *server)
{
	if (is_exactly(e->id, server) || is_exactly(e->name, server))
		return true;
	return is_blocked(e)
		&& (strcasecmp(e->id, server) == 0
			|| (e->name && strcasecmp(e->name, server) == 0));
}

struct judgement registry_judge(const struct registry *r, const struct target *t)
{
	struct judgement found = { 0 }, j;

	for (size_t i = 0; t->server && i < r->n; i++) {
		if (!is_about(&r->entries[i], t->server))
			continue;
		j = judge_entry(&r->entries[i], t);
		if (judgement_is_stricter(&j, &found))
			found = j;
	}
	return found.decision != DECISION_NONE ? found : decided(DECISION_DENY, RULE("unknown"));
}

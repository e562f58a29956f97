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

#include "base/array.h"
#include "gate/limits.h"
#include "gate/policy/policy-part.h"

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

static int take_strings(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	if (!json_is_array(v->json))
		return dispatch_refuse(d, row->key, "must be an array of strings");
	json_each (child, v->json)
		if (!json_string(child))
			return dispatch_refuse(d, row->key, "must be an array of strings");

	*(const struct json **)dispatch_to(d, row) = v->json;
	return 0;
}

#define AT(member) offsetof(struct entry, member)

static const struct dispatch_row keys[] = {
	{ "server_id", dispatch_take_string, AT(id), true, LIMIT_POLICY },
	{ "name", dispatch_take_string, AT(name), false, LIMIT_POLICY },
	{ "trust_tier", dispatch_take_string, AT(tier), false, LIMIT_POLICY },
	{ "approval_state", dispatch_take_string, AT(state), false, LIMIT_POLICY },
	{ "capabilities", take_strings, AT(capabilities), false, 0 },
	{ "allowed_tools", take_strings, AT(tools), false, 0 },
	{ 0 },
};

/* Other members of an entry are for other programs and are ignored. */
static int take_entry(struct dispatch *d, const char *where, const struct json *v, void *to)
{
	const struct policy_part *document = d->context;
	const struct policy_part part = { document->faults, NULL, where, true };
	struct registry *r = to;

	return policy_part_read(&part, &r->entries[r->n++], v, keys);
}

static int take_servers(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct registry *r = d->to;

	r->entries = calloc(json_size(v->json) + 1, sizeof(*r->entries));
	if (!r->entries)
		return -ENOMEM;
	return dispatch_array(d, row->key, v->json, 0, LIMIT_POLICY_RULES, take_entry, r);
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
	static const struct dispatch_row rows[] = {
		DISPATCH_SCHEMA,
		{ SERVERS_KEY, take_servers, 0, true, 0 },
		{ 0 },
	};
	const struct policy_part document = { faults, NULL, NULL, true };
	cleanup(registry_free_p) struct registry *r = NULL;
	int e;

	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;

	e = policy_part_read(&document, r, root, rows);
	if (e >= 0)
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

	for (size_t i = 0; i < LENGTH(states); i++)
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

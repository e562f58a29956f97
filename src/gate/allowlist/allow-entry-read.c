/* SPDX-License-Identifier: ISC */

/*
 * Reads an entry; each known key has a row in a table. Members with unknown keys are left alone. An
 * invalid value of a known key makes the whole file invalid.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/notation.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/allowlist/allow-bind.h"
#include "gate/allowlist/allow-entry-internal.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"

struct key {
	const char *name;
	int (*take)(struct allow_entry *e, const struct key *k, const struct json *v,
		struct bytes *why);
	size_t offset; /* in struct allow_entry */
	bool required;
};

static int take_bounded(struct allow_entry *e, const struct key *k, const struct json *v,
	size_t max, struct bytes *why)
{
	const char *string = json_string(v);

	if (!string)
		return bytes_refuse(why, ALLOW_FAULTY, "%s must be a string", k->name);
	if (text_is_blank(string))
		return bytes_refuse(why, ALLOW_FAULTY, "%s is blank", k->name);
	if (strlen(string) > max)
		return bytes_refuse(why, ALLOW_FAULTY, "%s is longer than %zu bytes", k->name, max);

	*(const char **)(void *)((char *)e + k->offset) = string;
	return 0;
}

static int take_string(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(e, k, v, LIMIT_STRING, why);
}

static int take_id(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(e, k, v, LIMIT_ALLOW_ID, why);
}

/* A name without a slash is accepted but matches nothing; a path must be a valid pattern. */
static int take_pattern(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	const char *fault;
	int r;

	r = take_bounded(e, k, v, LIMIT_PATTERN, why);
	if (r != 0)
		return r;

	e->literal = glob_is_literal(e->pattern);
	e->idle |= !strchr(e->pattern, '/');
	fault = strchr(e->pattern, '/') ? glob_path_fault(e->pattern) : NULL;
	return fault ? bytes_refuse(why, ALLOW_FAULTY, "%s %s", k->name, fault) : 0;
}

static int take_cwd(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	return take_bounded(e, k, v, LIMIT_PATH, why);
}

static int take_args(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	int r;

	if (!json_is_array(v))
		return bytes_refuse(why, ALLOW_FAULTY, "%s must be an array of strings", k->name);

	json_each (child, v) {
		if (!json_string(child))
			return bytes_refuse(
				why, ALLOW_FAULTY, "%s must be an array of strings", k->name);
		r = bytes_append(&e->args_text, json_string(child), strlen(json_string(child)) + 1);
		if (r < 0)
			return r;
	}
	e->has_args = true;
	e->args = (struct string_list){ bytes_str(&e->args_text), json_size(v), e->args_text.len };
	return 0;
}

static int take_path(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	int r;

	r = take_bounded(e, k, v, LIMIT_PATH, why);
	if (r == 0 && !path_is_normal(e->real_path))
		return bytes_refuse(why, ALLOW_FAULTY,
			"%s must be an absolute path without '.', '..', '//' and final '/'",
			k->name);
	return r;
}

static bool is_hash(const char *text)
{
	uint8_t hash[32];

	return notation_parse_hex(text, strlen(text), hash, sizeof(hash)) == 0;
}

/* An unknown form is accepted but matches nothing. */
static int take_arg_pattern(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	const size_t prefix = sizeof(ALLOW_BOUND_PREFIX) - 1;
	int r;

	r = take_bounded(e, k, v, LIMIT_PATTERN, why);
	if (r == 0)
		e->idle |= strncmp(e->arg_pattern, ALLOW_BOUND_PREFIX, prefix) != 0
			|| !is_hash(e->arg_pattern + prefix);
	return r;
}

static int take_user(const struct key *k, const struct json *v, struct bytes *why, uid_t *ret)
{
	int64_t uid;

	if (!json_integer(v, &uid) || uid < 0 || uid >= UINT32_MAX)
		return bytes_refuse(why, ALLOW_FAULTY, "%s must be a user's number", k->name);

	*ret = (uid_t)uid;
	return 0;
}

static int take_uid(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	e->has_uid = true;
	return take_user(k, v, why, &e->uid);
}

static int take_by(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	e->has_by = true;
	return take_user(k, v, why, &e->by);
}

static int take_flag(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	return json_bool(v, (bool *)((char *)e + k->offset))
		? 0
		: bytes_refuse(why, ALLOW_FAULTY, "%s must be true or false", k->name);
}

static int take_time(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	int64_t ms;

	if (!json_integer(v, &ms) || ms < 0)
		return bytes_refuse(
			why, ALLOW_FAULTY, "%s must be a time in ms since 1970", k->name);

	*(uint64_t *)(void *)((char *)e + k->offset) = (uint64_t)ms;
	return 0;
}

/* --- argv ------------------------------------------------------------------------------------- */

static int take_word(
	const struct json *v, bool listed, size_t at, struct patterns *p, struct bytes *why)
{
	const char *pattern = json_string(v), *fault = NULL;

	if (!pattern)
		return bytes_refuse(
			why, ALLOW_FAULTY, "argv[%zu] must be a string or an array of strings", at);
	if (strlen(pattern) > LIMIT_PATTERN)
		return bytes_refuse(
			why, ALLOW_FAULTY, "argv[%zu] is longer than %d bytes", at, LIMIT_PATTERN);
	if (listed || strcmp(pattern, "**") != 0)
		fault = glob_text_fault(pattern);
	if (fault)
		return bytes_refuse(why, ALLOW_FAULTY, "argv[%zu] %s", at, fault);

	p->any[p->n++] = pattern;
	return 0;
}

static int take_element(const struct json *v, size_t at, struct patterns *p, struct bytes *why)
{
	bool list = json_is_array(v);
	size_t n = list ? json_size(v) : 1;
	int r = 0;

	if (n == 0 || n > LIMIT_RULE_LIST)
		return bytes_refuse(why, ALLOW_FAULTY, "argv[%zu] must have 1 to %d elements", at,
			LIMIT_RULE_LIST);

	p->any = calloc(n, sizeof(*p->any));
	if (!p->any)
		return -ENOMEM;
	if (!list)
		return take_word(v, false, at, p, why);

	json_each (child, v) {
		r = take_word(child, true, at, p, why);
		if (r != 0)
			break;
	}
	return r;
}

/* Allocates argv for the program and `n` more patterns. */
static int make_argv(struct rule *rule, size_t n)
{
	rule->action = DECISION_ALLOW;
	rule->argv = calloc(n + 1, sizeof(*rule->argv));
	return rule->argv ? 0 : -ENOMEM;
}

/* The first element is left for the program: complete_rule() sets it. */
static int take_argv(
	struct allow_entry *e, const struct key *k, const struct json *v, struct bytes *why)
{
	size_t n = json_is_array(v) ? json_size(v) : 0;
	int r;

	if (!json_is_array(v) || n > LIMIT_RULE_PATTERNS)
		return bytes_refuse(why, ALLOW_FAULTY, "%s must be an array of at most %d patterns",
			k->name, LIMIT_RULE_PATTERNS);

	e->has_argv = true;
	r = make_argv(&e->rule, n);
	if (r < 0)
		return r;

	e->rule.n_argv = 1;
	json_each (child, v) {
		r = take_element(child, e->rule.n_argv - 1, &e->rule.argv[e->rule.n_argv], why);
		e->rule.n_argv++;
		if (r != 0)
			return r;
	}
	return 0;
}

/* --- the entry -------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct allow_entry, member)

static const struct key keys[] = {
	{ KEY_ID, take_id, AT(id), true },
	{ KEY_PATTERN, take_pattern, AT(pattern), true },
	{ KEY_ARG_PATTERN, take_arg_pattern, AT(arg_pattern), false },
	{ KEY_ARGV, take_argv, 0, false },
	{ KEY_SOURCE, take_string, AT(source), false },
	{ KEY_EXPIRES, take_time, AT(expires), false },
	{ KEY_UID, take_uid, 0, false },
	{ KEY_BY, take_by, 0, false },
	{ KEY_SIGNER, take_string, AT(signer), false },
	{ KEY_SIGNER_KEY, take_string, AT(signer_key), false },
	{ KEY_TOUCHED, take_flag, AT(touched), false },
	{ KEY_VERIFIED, take_flag, AT(verified), false },
	{ KEY_MADE, take_time, AT(made), false },
	{ KEY_CWD, take_cwd, AT(cwd), false },
	{ KEY_ARGS, take_args, 0, false },
	{ KEY_REAL_PATH, take_path, AT(real_path), false },
	{ KEY_PROGRAMS, take_string, AT(programs), false },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

bool allow_key_is_known(const char *key, size_t len)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strlen(keys[i].name) == len && memcmp(keys[i].name, key, len) == 0)
			return true;
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key && strlen(field_rows[f].entry_key) == len
			&& memcmp(field_rows[f].entry_key, key, len) == 0)
			return true;
	return false;
}

bool allow_entry_is_literal(const struct allow_entry *e)
{
	if (!e->has_argv)
		return false;
	for (size_t i = 1; i < e->rule.n_argv; i++)
		if (e->rule.argv[i].n != 1 || !glob_is_literal(e->rule.argv[i].any[0]))
			return false;
	return true;
}

/* Sets the rule's first pattern: the program. Without argv, any arguments may follow. */
static int complete_rule(struct allow_entry *e)
{
	static const char *const any_words[] = { "**" };
	const char *const words[] = { e->pattern, any_words[0] };
	size_t n = e->has_argv ? 1 : 2;
	int r;

	if (!e->has_argv) {
		r = make_argv(&e->rule, 1);
		if (r < 0)
			return r;
		e->rule.n_argv = 2;
	}
	for (size_t i = 0; i < n; i++) {
		e->rule.argv[i].any = calloc(1, sizeof(*e->rule.argv[i].any));
		if (!e->rule.argv[i].any)
			return -ENOMEM;
		e->rule.argv[i].any[0] = words[i];
		e->rule.argv[i].n = 1;
	}
	return 0;
}

/*
 * Reads the values that the asker must send. An entry by approval matches nothing if it lacks one
 * of a required field.
 */
static int read_bounds(struct allow_entry *e, struct bytes *why)
{
	const struct json *v;
	struct key key;
	int r;

	for (enum field f = 0; f < FIELDS; f++) {
		if (!field_rows[f].entry_key)
			continue;
		v = json_get(json_root(e->doc), field_rows[f].entry_key);
		key = (struct key){ field_rows[f].entry_key, NULL,
			AT(bounds) + f * sizeof(e->bounds[f]), false };
		r = v ? take_string(e, &key, v, why) : 0;
		if (r != 0)
			return r;
		if (v && field_rows[f].kind == FIELD_KIND_SHA256 && !is_hash(e->bounds[f]))
			return bytes_refuse(why, ALLOW_FAULTY,
				"%s must be 64 hexadecimal digits in lower case", key.name);
		e->idle |= e->always && !v && field_rows[f].required;
	}
	return 0;
}

/* The directory and arguments that are shown must be those of the hash. */
static bool shows_what_is_bound(const struct allow_entry *e)
{
	char bound[ALLOW_BOUND_LEN + 1];

	if (!e->cwd && !e->has_args)
		return true;
	if (!e->cwd || !e->has_args || !e->arg_pattern)
		return false;

	allow_bind(e->cwd, e->args.text, e->args.n, bound);
	return strcmp(bound, e->arg_pattern) == 0;
}

static int read_members(struct allow_entry *e, struct bytes *why)
{
	const struct json *v;
	int r;

	for (size_t i = 0; i < N_KEYS; i++) {
		v = json_get(json_root(e->doc), keys[i].name);
		if (!v && keys[i].required)
			return bytes_refuse(why, ALLOW_FAULTY, "%s is missing", keys[i].name);
		r = v ? keys[i].take(e, &keys[i], v, why) : 0;
		if (r != 0)
			return r;
	}

	/* An entry by approval matches nothing if it has lost its binding. */
	e->always = e->source && strcmp(e->source, ALLOW_SOURCE_ALWAYS) == 0;
	if (e->always)
		e->idle |= !e->arg_pattern || !e->has_uid;
	e->idle |= !shows_what_is_bound(e);
	r = read_bounds(e, why);
	return r != 0 ? r : complete_rule(e);
}

void allow_entry_free(struct allow_entry *e)
{
	if (!e)
		return;

	rule_deinit(&e->rule);
	bytes_deinit(&e->args_text);
	json_doc_free(e->doc);
	free(e->owned_agent);
	free(e->owned_text);
	free(e);
}

int allow_entry_read(const char *agent, const char *text, size_t len, struct bytes *why,
	struct allow_entry **ret)
{
	cleanup(allow_entry_free_p) struct allow_entry *e = NULL;
	struct scan_fault fault;
	int r;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;

	bytes_init(&e->args_text, BYTES_UNLIMITED);
	e->text = text;
	e->len = len;
	e->expires = ALLOW_FOREVER;
	e->owned_agent = strdup(agent);
	if (!e->owned_agent)
		return -ENOMEM;
	e->agent = e->owned_agent;
	e->any_agent = strcmp(agent, ALLOW_AGENT_ANY) == 0;

	r = json_parse(text, len, &e->doc, &fault);
	if (r == JSON_MALFORMED)
		return bytes_refuse(why, ALLOW_FAULTY, "must be an object");
	if (r == 0)
		r = read_members(e, why);
	if (r != 0)
		return r;

	*ret = steal_ptr(e);
	return 0;
}

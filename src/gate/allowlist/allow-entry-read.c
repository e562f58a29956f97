/* SPDX-License-Identifier: ISC */

/*
 * Reads an entry. Members with unknown keys are left alone. An invalid value of a known key makes
 * the whole file invalid.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json/dispatch.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "gate/allowlist/allow-asked.h"
#include "gate/allowlist/allow-bind.h"
#include "gate/allowlist/allow-entry-internal.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/pattern-read.h"

/* A path must be a valid pattern. */
static int take_pattern(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct allow_entry *e = d->to;
	const char *fault;
	int r;

	r = dispatch_take_word(d, row, v);
	if (r != 0)
		return r;

	e->literal = glob_is_literal(e->pattern);
	fault = strchr(e->pattern, '/') ? glob_path_fault(e->pattern) : NULL;
	return fault ? dispatch_refuse(d, row->key, "%s", fault) : 0;
}

static int take_args(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct allow_entry *e = d->to;
	int r;

	if (!json_is_array(v->json))
		return dispatch_refuse(d, row->key, "must be an array of strings");

	json_each (child, v->json) {
		const char *arg = json_string(child);

		if (!arg)
			return dispatch_refuse(d, row->key, "must be an array of strings");
		r = bytes_append(&e->args_text, arg, strlen(arg) + 1);
		if (r < 0)
			return r;
	}
	e->has_args = true;
	e->args = string_list_of(bytes_str(&e->args_text), json_size(v->json), e->args_text.len);
	return 0;
}

/* A word that isn't known may stand for something that is not compared here. */
static int take_scope(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct allow_entry *e = d->to;

	if (!json_is_array(v->json))
		return dispatch_refuse(d, row->key, "must be an array of words");

	json_each (child, v->json) {
		const char *word = json_string(child);
		uint8_t one = word ? scope_parse(word, strlen(word)) : 0;

		e->scope |= one;
		e->idle |= one == 0;
	}
	e->idle |= !(e->scope & SCOPE_USER);
	return 0;
}

static int take_argv(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *v)
{
	struct allow_entry *e = d->to;

	e->has_argv = true;
	return pattern_read_arguments(d, row->key, v->json, e->pattern, &e->rule);
}

/* --- the entry -------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct allow_entry, member)

static const struct dispatch_row keys[] = {
	{ KEY_ID, dispatch_take_word, AT(id), true, LIMIT_ALLOW_ID },
	{ KEY_PATTERN, take_pattern, AT(pattern), true, LIMIT_PATTERN },
	{ KEY_ARG_PATTERN, dispatch_take_word, AT(arg_pattern), false, LIMIT_PATTERN },
	{ KEY_ARGV, take_argv, 0, false, 0 },
	{ KEY_SOURCE, dispatch_take_word, AT(source), false, LIMIT_STRING },
	{ KEY_EXPIRES, dispatch_take_number, AT(expires), false, JSON_INTEGER_MAX },
	{ KEY_UID, dispatch_take_uid, AT(uid), false, 0 },
	{ KEY_BY, dispatch_take_uid, AT(by), false, 0 },
	{ KEY_SIGNER, dispatch_take_word, AT(signer), false, LIMIT_STRING },
	{ KEY_SIGNER_KEY, dispatch_take_word, AT(signer_key), false, LIMIT_STRING },
	{ KEY_TOUCHED, dispatch_take_bool, AT(touched), false, 0 },
	{ KEY_VERIFIED, dispatch_take_bool, AT(verified), false, 0 },
	{ KEY_MADE, dispatch_take_number, AT(made), false, JSON_INTEGER_MAX },
	{ KEY_CWD, dispatch_take_word, AT(cwd), false, LIMIT_PATH },
	{ KEY_ARGS, take_args, 0, false, 0 },
	{ KEY_REAL_PATH, dispatch_take_path, AT(real_path), false, LIMIT_PATH },
	{ KEY_PROGRAMS, dispatch_take_word, AT(programs), false, LIMIT_STRING },
	{ KEY_SCOPE, take_scope, 0, false, 0 },
};

/* The keys, then those of the values that the asker must send, then the end. */
struct table {
	struct dispatch_row rows[LENGTH(keys) + FIELDS + 1];
};

static struct table make_table(void)
{
	struct table t = { 0 };
	size_t n = LENGTH(keys);

	memcpy(t.rows, keys, sizeof(keys));
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key)
			t.rows[n++] = (struct dispatch_row){
				field_rows[f].entry_key,
				field_rows[f].kind == FIELD_KIND_SHA256 ? dispatch_take_hash
									: dispatch_take_word,
				AT(bounds) + f * sizeof(const char *),
				false,
				LIMIT_STRING,
			};
	return t;
}

bool allow_key_is_known(const char *key, size_t len)
{
	const struct table t = make_table();

	for (const struct dispatch_row *row = t.rows; row->key; row++)
		if (strlen(row->key) == len && memcmp(row->key, key, len) == 0)
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

static bool is_bound_by(const struct allow_entry *e, const char *prefix)
{
	const size_t len = strlen(prefix);
	uint8_t hash[SHA256_LEN];

	return e->arg_pattern && strncmp(e->arg_pattern, prefix, len) == 0
		&& notation_parse_hex(
			   e->arg_pattern + len, strlen(e->arg_pattern + len), hash, sizeof(hash))
		>= 0;
}

/* The arguments and the directory, if it is bound, that are shown must be those of the hash. */
static bool shows_what_is_bound(const struct allow_entry *e)
{
	const bool has_directory = e->kind == KINDS && allow_form_has_directory(e->form);
	const bool has_arguments = e->kind != KINDS || allow_form_has_arguments(e->form);
	char bound[ALLOW_BOUND_LEN + 1], asked[ALLOW_ASKED_LEN + 1];

	if (!e->cwd && !e->has_args)
		return true;
	if (has_directory != (e->cwd != NULL) || has_arguments != e->has_args || !e->arg_pattern)
		return false;

	if (e->kind != KINDS) {
		allow_asked_bind(e->kind, e->args.text, e->args.n, asked);
		return strcmp(asked, e->arg_pattern) == 0;
	}
	if (e->form == ALLOW_FORMS)
		return false;
	allow_bind(e->form, e->cwd, &e->args, bound);
	return strcmp(bound, e->arg_pattern) == 0;
}

/*
 * Whether an entry lacks something that it must be bound to. An entry by approval, or with a scope,
 * then matches nothing.
 */
static bool has_lost_binding(const struct allow_entry *e)
{
	if (!e->arg_pattern || e->uid == ALLOW_NO_USER)
		return true;
	if (e->kind != KINDS)
		return false;
	if (scope_has(e->scope, FIELD_AGENT_ID) && e->any_agent)
		return true;
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key && field_rows[f].required && scope_has(e->scope, f)
			&& !e->bounds[f])
			return true;
	return false;
}

/* A name without a slash, and an unknown form of `argPattern`, are accepted but match nothing. */
static bool is_idle(const struct allow_entry *e)
{
	if (e->kind == KINDS
		&& (!strchr(e->pattern, '/')
			|| (e->arg_pattern && e->form != allow_form_of(e->scope, e->has_argv))))
		return true;
	if (e->kind != KINDS && (!e->always || e->has_argv || e->scope != 0))
		return true;
	return ((e->always || e->scope != 0) && has_lost_binding(e)) || !shows_what_is_bound(e);
}

static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	return bytes_appendf(d->context, "%s %s", where, what);
}

static int read_members(struct allow_entry *e, struct bytes *why)
{
	const struct table t = make_table();
	struct dispatch d = { .to = e, .context = why, .fault = note_fault };
	int r;

	r = dispatch_object(&d, json_root(e->doc), t.rows);
	if (r == 0 && !e->has_argv)
		r = pattern_read_arguments(&d, NULL, NULL, e->pattern, &e->rule);
	if (r != 0)
		return r;

	e->always = e->source && strcmp(e->source, ALLOW_SOURCE_ALWAYS) == 0;
	e->kind = is_bound_by(e, ALLOW_ASKED_PREFIX) ? allow_asked_kind(e->pattern) : KINDS;
	e->form = e->arg_pattern ? allow_form_parse(e->arg_pattern) : ALLOW_FORMS;
	for (enum field f = 0; f < FIELDS; f++)
		e->has_bounds |= e->bounds[f] != NULL;
	e->idle |= is_idle(e);
	return 0;
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

	bytes_init(&e->args_text, BYTES_PRINTED_MAX);
	e->text = text;
	e->len = len;
	e->expires = ALLOW_FOREVER;
	e->uid = e->by = ALLOW_NO_USER;
	e->rule.action = DECISION_ALLOW;
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

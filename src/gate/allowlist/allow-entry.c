/* SPDX-License-Identifier: ISC */

/* Compares entries, makes new ones, and prints them. */

#include "gate/allowlist/allow-entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json/scan.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/path.h"
#include "base/text.h"
#include "gate/allowlist/allow-asked.h"
#include "gate/allowlist/allow-bind.h"
#include "gate/allowlist/allow-entry-internal.h"
#include "gate/allowlist/allow-line.h"
#include "gate/fields.h"
#include "gate/limits.h"
#include "gate/policy/glob.h"
#include "gate/policy/program.h"
#include "gate/policy/rule-write.h"

bool allow_entry_is_over(const struct allow_entry *e, uint64_t now)
{
	return now >= e->expires;
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_patterns(const struct patterns *a, const struct patterns *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->any[i], b->any[i]) != 0)
			return false;
	return true;
}

/* If an operator named the scope, the values in it are part of the entry's identity. */
static bool same_scope(const struct allow_entry *a, const struct allow_entry *b)
{
	if (a->scope != b->scope)
		return false;
	if (a->scope == 0)
		return same(a->bounds[FIELD_SESSION_ID], b->bounds[FIELD_SESSION_ID])
			&& same(a->bounds[FIELD_RUN_AS], b->bounds[FIELD_RUN_AS]);
	if (a->uid != b->uid)
		return false;
	for (enum field f = 0; f < FIELDS; f++)
		if (f != FIELD_EXECUTABLE_SHA256 && !same(a->bounds[f], b->bounds[f]))
			return false;
	return true;
}

bool allow_entry_is_same(const struct allow_entry *a, const struct allow_entry *b)
{
	if (!same(a->agent, b->agent) || !same(a->pattern, b->pattern)
		|| !same(a->arg_pattern, b->arg_pattern) || a->by != b->by
		|| !same(a->signer, b->signer) || !same(a->signer_key, b->signer_key)
		|| a->has_argv != b->has_argv || a->rule.n_argv != b->rule.n_argv
		|| !same_scope(a, b))
		return false;
	for (size_t i = 1; i < a->rule.n_argv; i++)
		if (!same_patterns(&a->rule.argv[i], &b->rule.argv[i]))
			return false;
	return true;
}

static bool same_bounds(const struct allow_entry *a, const struct allow_entry *b)
{
	for (enum field f = 0; f < FIELDS; f++)
		if (!same(a->bounds[f], b->bounds[f]))
			return false;
	return same(a->programs, b->programs);
}

bool allow_entry_covers(const struct allow_entry *a, const struct allow_entry *b)
{
	return a->idle == b->idle && a->touched >= b->touched && a->verified >= b->verified
		&& a->uid == b->uid && same_bounds(a, b) && same(a->real_path, b->real_path)
		&& a->expires >= b->expires;
}

/* --- making ----------------------------------------------------------------------------------- */

static int refuse(struct bytes *why, const char *what)
{
	int r;

	r = bytes_append_str(why, what);
	return r < 0 ? r : ALLOW_FAULTY;
}

/* A shell, interpreter or wrapper is refused: what it would run is not what was seen. */
static int check_program(const char *path, struct bytes *why)
{
	enum program program = path ? program_of(path_name(path)) : PROGRAM_PLAIN;
	int r;

	if (program == PROGRAM_PLAIN)
		return 0;

	r = text_append_quoted(why, path, strlen(path));
	return r < 0 ? r
		: bytes_appendf(why, " is a known %s: what it would run is not what was seen",
			  program_text(program))
			< 0
		? -ENOMEM
		: ALLOW_FAULTY;
}

/*
 * A shell is accepted if its only argument is a line. An opaque line is remembered only if a rule
 * says so.
 */
static int check_programs(
	const struct invocation *asked, const struct trusted *trusted, struct bytes *why)
{
	enum allow_line kind;
	int r;

	r = allow_line_kind(asked, &kind);
	if (r < 0)
		return r;
	if (kind != ALLOW_LINE_NONE) {
		r = kind == ALLOW_LINE_PLAIN ? allow_line_check(asked, trusted, why) : 0;
		return r == ALLOW_LINE_UNFIT ? ALLOW_FAULTY : r;
	}

	r = check_program(asked->executable, why);
	return r != 0 ? r : check_program(asked->real_path, why);
}

static int check_asked(const struct token *t, struct bytes *why)
{
	const char *fault = allow_asked_fault(t);

	return fault ? refuse(why, fault) : 0;
}

/*
 * Without a hash of the content, the file must be where only root can change it. A request with the
 * usual scope says where its links lead. Where the operator names a scope, they were told if it
 * does not.
 */
static bool is_in_trusted(const struct token *t, uint8_t scope, const struct trusted *trusted)
{
	if (!trusted_has(trusted, t->asked.executable))
		return false;
	return t->asked.real_path ? trusted_has(trusted, t->asked.real_path) : scope != 0;
}

int allow_check_token(
	const struct token *t, uint8_t scope, const struct trusted *trusted, struct bytes *why)
{
	int r;

	if (t->asked.agent_id && strcmp(t->asked.agent_id, ALLOW_AGENT_ANY) == 0)
		return refuse(why, "the agent is called '" ALLOW_AGENT_ANY "', which is all");
	if (fields_contract(&t->asked) == CONTRACT_EVALUATE)
		return scope != 0 ? refuse(why, "a scope is for commands") : check_asked(t, why);
	if (!t->remember)
		return refuse(why, "the rule that asks for a person lets no answer be remembered");
	if (fields_keep_variables(&t->asked))
		return refuse(why, "the request keeps variables of the environment");
	if (!t->asked.cwd && scope_has(scope, FIELD_CWD))
		return refuse(why,
			"the request did not say in which directory (cwd); a scope without "
			"the directory is possible");
	if (!glob_is_literal(t->asked.executable))
		return refuse(why, "the executable has '*' or '?' in its path");

	r = check_programs(&t->asked, trusted, why);
	if (r != 0)
		return r;

	if (!t->asked.executable_sha256 && !is_in_trusted(t, scope, trusted))
		return refuse(why,
			"the executable is not known to lie in a trusted directory, and the "
			"request did not say what is in it (executable_sha256)");
	return 0;
}

/* Takes over the text. */
static int read_own(
	const char *agent, struct bytes *text, struct bytes *why, struct allow_entry **ret)
{
	size_t len = text->len;
	char *own = bytes_steal(text);
	int r;

	if (!own)
		return -ENOMEM;

	r = allow_entry_read(agent, own, len, why, ret);
	if (r != 0)
		free(own);
	else
		(*ret)->owned_text = own;
	return r;
}

static void write_scope(struct writer *w, uint8_t scope)
{
	const char *word;

	if (scope == 0)
		return;
	writer_array(w, KEY_SCOPE);
	for (size_t at = 0; (word = scope_next(scope, &at));)
		writer_string(w, NULL, word);
	writer_end(w);
}

static void write_scope_values(struct writer *w, uint8_t scope, const struct invocation *asked)
{
	write_scope(w, scope);
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key && scope_has(scope, f))
			writer_string(w, field_rows[f].entry_key, field_get(f, asked));
}

/* Writes the values that a later request must have, too. */
static void write_token_bounds(struct writer *w, const struct token *t)
{
	const uint8_t scope = t->standing.scope;
	const struct invocation *asked = &t->asked;
	const char *cwd = scope_has(scope, FIELD_CWD) ? asked->cwd : NULL;

	if ((cwd ? strlen(cwd) : 0) + asked->args.len <= LIMIT_ALLOW_SHOWN) {
		writer_string(w, KEY_CWD, cwd);
		writer_strings(w, KEY_ARGS, asked->args.text, asked->args.n);
	}
	write_scope_values(w, scope, asked);
}

static void write_uuid(struct writer *w, const char *key, const uint8_t id[static 16])
{
	char uuid[NOTATION_UUID_LEN + 1];

	notation_uuid(id, uuid);
	writer_string(w, key, uuid);
}

static void write_expiry(struct writer *w, uint64_t expires)
{
	if (expires != ALLOW_FOREVER)
		writer_unsigned(w, KEY_EXPIRES, expires);
}

/* Writes which command it is, and what of it is bound. */
static int write_approved_command(struct writer *w, const struct token *t)
{
	const struct invocation *asked = &t->asked;
	const bool elsewhere = asked->real_path && strcmp(asked->real_path, asked->executable) != 0;
	char bound[ALLOW_BOUND_LEN + 1], programs[ALLOW_PROGRAMS_LEN + 1];
	enum allow_line kind;
	int r;

	r = allow_line_kind(asked, &kind);
	if (r < 0)
		return r;
	allow_bind(allow_form_of(t->standing.scope, false), asked->cwd, &asked->args, bound);
	writer_string(w, KEY_PATTERN, asked->executable);
	writer_string(w, KEY_REAL_PATH, elsewhere ? asked->real_path : NULL);
	writer_string(w, KEY_ARG_PATTERN, bound);
	if (kind == ALLOW_LINE_PLAIN) {
		allow_bind_programs(&asked->programs, programs);
		writer_string(w, KEY_PROGRAMS, programs);
	}
	write_token_bounds(w, t);
	return 0;
}

/* The same for a request of the second contract. */
static int write_approved_request(struct writer *w, const struct invocation *asked)
{
	cleanup(bytes_deinit) struct bytes list = BYTES_PRINTED;
	char bound[ALLOW_ASKED_LEN + 1];
	size_t n;
	int r;

	r = allow_asked_list(asked, &list, &n);
	if (r < 0)
		return r;
	allow_asked_bind(asked->kind, bytes_str(&list), n, bound);
	writer_string(w, KEY_PATTERN, kind_name(asked->kind));
	writer_string(w, KEY_ARG_PATTERN, bound);
	if (list.len <= LIMIT_ALLOW_SHOWN)
		writer_strings(w, KEY_ARGS, bytes_str(&list), n);
	return 0;
}

int allow_entry_from_token(const struct token *t, const uint8_t id[static 16], uint64_t expires,
	struct allow_entry **ret)
{
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED, why = BYTES_PRINTED;
	const char *agent = !scope_has(t->standing.scope, FIELD_AGENT_ID) ? ALLOW_AGENT_ANY
		: t->asked.agent_id                                       ? t->asked.agent_id
									  : ALLOW_AGENT_NONE;
	struct writer w;
	int r;

	writer_init(&w, &b);
	writer_object(&w, NULL);
	write_uuid(&w, KEY_ID, id);
	r = fields_contract(&t->asked) == CONTRACT_EXEC ? write_approved_command(&w, t)
							: write_approved_request(&w, &t->asked);
	if (r < 0)
		return r;
	writer_string(&w, KEY_SOURCE, ALLOW_SOURCE_ALWAYS);
	write_expiry(&w, expires);
	writer_unsigned(&w, KEY_UID, t->uid);
	if (t->approval.known) {
		/* The approver is known by its signature: the uid that sent it doesn't matter. */
		if (t->approvals.n == 0 || t->approval.by != t->uid)
			writer_unsigned(&w, KEY_BY, t->approval.by);
		writer_unsigned(&w, KEY_MADE, t->approval.at_wall / CLOCK_MS);
	}
	writer_end(&w);
	r = writer_finish(&w);
	if (r >= 0)
		r = read_own(agent, &b, &why, ret);
	return r == ALLOW_FAULTY ? -EINVAL : r;
}

/* A known program (a shell, say) may be allowed only with literal arguments. */
static int check_added(const struct allow_entry *e, struct bytes *why)
{
	const char *name = path_name(e->pattern);

	if (e->idle)
		return refuse(why, "pattern must be a path: a bare name matches nothing");
	if (!glob_is_literal(name) || allow_entry_is_literal(e))
		return 0;
	return check_program(e->pattern, why);
}

static void write_signer(struct writer *w, const struct allow_signer *signer)
{
	writer_string(w, KEY_SIGNER, signer->principal);
	writer_string(w, KEY_SIGNER_KEY, signer->key);
	if (signer->touched)
		writer_bool(w, KEY_TOUCHED, true);
	if (signer->verified)
		writer_bool(w, KEY_VERIFIED, true);
}

/* Writes the scope of an added entry, and the values in it. */
static void write_added_scope(struct writer *w, const struct addition *a)
{
	char bound[ALLOW_BOUND_LEN + 1];

	if (a->scope == 0)
		return;
	allow_bind(allow_form_of(a->scope, true), a->values->cwd, &a->values->args, bound);
	writer_string(w, KEY_ARG_PATTERN, bound);
	writer_string(w, KEY_CWD, a->values->cwd);
	write_scope_values(w, a->scope, a->values);
	writer_unsigned(w, KEY_UID, a->uid);
}

int allow_entry_from_patterns(const struct addition *a, const char *argv, uid_t by,
	const struct allow_signer *signer, const uint8_t id[static 16], uint64_t now,
	uint64_t expires, struct bytes *why, struct allow_entry **ret)
{
	cleanup(allow_entry_free_p) struct allow_entry *e = NULL;
	cleanup(bytes_deinit) struct bytes b = BYTES_PRINTED;
	struct writer w;
	int r;

	writer_init(&w, &b);
	writer_object(&w, NULL);
	write_uuid(&w, KEY_ID, id);
	writer_string(&w, KEY_PATTERN, a->pattern);
	writer_raw(&w, KEY_ARGV, argv, strlen(argv));
	write_added_scope(&w, a);
	writer_string(&w, KEY_SOURCE, ALLOW_SOURCE_ADDED);
	write_expiry(&w, expires);
	if (signer)
		write_signer(&w, signer);
	else
		writer_unsigned(&w, KEY_BY, by);
	writer_unsigned(&w, KEY_MADE, now);
	writer_end(&w);
	r = writer_finish(&w);
	if (r >= 0)
		r = read_own(a->agent, &b, why, &e);
	if (r == 0)
		r = check_added(e, why);
	if (r != 0)
		return r;

	*ret = steal_ptr(e);
	return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

struct appending {
	struct writer *w;
	bool unknown; /* only the members of `old` with unknown keys */
};

/* Copies the new entry's members except the ID, then the old entry's members with unknown keys. */
static int append_member(const struct scan_member *m, void *userdata)
{
	struct appending *a = userdata;
	cleanup(bytes_deinit) struct bytes key = BYTES_PRINTED;
	int r;

	r = bytes_append(&key, m->key, m->key_len);
	if (r < 0)
		return r;
	if (a->unknown ? !allow_key_is_known(m->key, m->key_len)
		       : strcmp(bytes_str(&key), KEY_ID) != 0)
		writer_raw(a->w, bytes_str(&key), m->value, m->value_len);
	return 0;
}

int allow_entry_append(const struct allow_entry *e, const struct allow_entry *old, struct bytes *b)
{
	struct writer w;
	struct appending a = { &w, false };
	struct scan_fault fault;
	int r;

	if (!old)
		return bytes_append(b, e->text, e->len);

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, KEY_ID, old->id);
	r = scan_object(e->text, e->len, append_member, &a, &fault);
	a.unknown = true;
	if (r >= 0)
		r = scan_object(old->text, old->len, append_member, &a, &fault);
	if (r < 0)
		writer_fail(&w, r);
	writer_end(&w);
	return writer_finish(&w);
}

/* The program and its arguments. */
static void write_command(struct writer *w, const struct allow_entry *e)
{
	writer_string(w, "agent_id", e->agent);
	writer_string(w, KEY_ID, e->id);
	writer_string(w, KEY_PATTERN, e->pattern);
	writer_string(w, KEY_REAL_PATH, e->real_path);
	writer_string(w, KEY_ARG_PATTERN, e->arg_pattern);
	writer_string(w, KEY_PROGRAMS, e->programs);
	writer_string(w, KEY_CWD, e->cwd);
	if (e->has_args)
		writer_strings(w, KEY_ARGS, e->args.text, e->args.n);
	write_scope(w, e->scope);
	if (e->has_argv)
		rule_write_argv(w, KEY_ARGV, &e->rule, 1);
}

static void write_left(struct writer *w, const struct allow_entry *e, uint64_t now)
{
	if (e->expires != ALLOW_FOREVER)
		writer_unsigned(w, "expires_in_ms", now < e->expires ? e->expires - now : 0);
}

static void write_bounds(struct writer *w, const struct allow_entry *e)
{
	for (enum field f = 0; f < FIELDS; f++)
		if (field_rows[f].entry_key)
			writer_string(w, field_rows[f].entry_key, e->bounds[f]);
}

void allow_entry_write_matter(struct writer *w, const struct allow_entry *e, uint64_t now)
{
	write_command(w, e);
	write_left(w, e, now);
	write_bounds(w, e);
}

int allow_entry_print(
	const struct allow_entry *e, const struct allow_use *use, uint64_t now, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	write_command(&w, e);
	writer_string(&w, KEY_SOURCE, e->source);
	writer_string(&w, KEY_SIGNER, e->signer);
	write_expiry(&w, e->expires);
	write_left(&w, e, now);
	if (e->uid != ALLOW_NO_USER)
		writer_unsigned(&w, KEY_UID, e->uid);
	if (e->by != ALLOW_NO_USER)
		writer_unsigned(&w, KEY_BY, e->by);
	if (e->made > 0)
		writer_unsigned(&w, KEY_MADE, e->made);
	write_bounds(&w, e);
	if (use->at > 0) {
		writer_unsigned(&w, KEY_USED, use->at);
		writer_string(&w, KEY_USED_PATH, use->path);
	}
	if (e->idle)
		writer_bool(&w, "idle", true);
	writer_end(&w);
	return writer_finish(&w);
}

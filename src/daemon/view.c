/* SPDX-License-Identifier: ISC */

/* The lines of list, show and status. */

#include "daemon/view.h"

#include <string.h>
#include <unistd.h>

#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/token/token-json.h"

static int append_token(const struct token *t, const struct moment *now, struct bytes *b)
{
	int r;

	r = record_print_item(t, now, b);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

int view_list(const struct store *store, enum token_state state, const struct moment *now,
	struct bytes *b)
{
	int r = 0;

	for (const struct token *t = NULL; r >= 0 && (t = store_next(store, t));)
		if (state == TOKEN_ABSENT || t->state == state)
			r = append_token(t, now, b);
	return r;
}

int view_pending(const struct store *store, const struct moment *now, struct bytes *b)
{
	int r = 0;

	for (const struct token *t = NULL; r >= 0 && (t = store_next(store, t));) {
		if (t->state != TOKEN_PENDING)
			continue;
		r = record_print_event(t, NULL, now, b);
		if (r >= 0)
			r = bytes_append_char(b, '\n');
	}
	return r;
}

int view_show(const struct store *store, const uint8_t id[static TOKEN_ID_LEN],
	const struct moment *now, struct bytes *b)
{
	const struct token *t = store_find(store, id);

	return t ? append_token(t, now, b) : 0;
}

static int append_entry(
	const struct allowlist_file *f, const struct allow_entry *entry, struct bytes *b)
{
	const struct allow_use use = allowlist_use_find(&f->use, entry->id);
	int r;

	r = allow_entry_print(entry, &use, f->clock.wall, b);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/* What is over is as good as gone. */
int view_allowlist(const struct allowlist_file *f, struct bytes *b)
{
	const struct allow_entry *entry;
	int r = 0;

	for (size_t i = 0; r >= 0 && f->list && i < allowlist_size(f->list); i++) {
		entry = allowlist_entry(f->list, i);
		if (!allow_entry_is_over(entry, f->clock.wall))
			r = append_entry(f, entry, b);
	}
	return r;
}

int view_allow_entry(
	const struct allowlist_file *f, const struct allow_entry *entry, struct bytes *b)
{
	const struct allow_entry *found = f->list ? allowlist_find_same(f->list, entry) : NULL;

	return found ? append_entry(f, found, b) : 0;
}

static void add_doors(struct json_out *out, const struct doors *doors)
{
	struct json_out element;

	for (size_t i = 0; i < doors->n; i++) {
		json_out_init(&element);
		json_out_string(&element, "role", role_name(doors->doors[i].role));
		json_out_string(&element, "path", doors->doors[i].path);
		json_out_element(out, "doors", &element);
	}
}

static void add_tokens(struct json_out *out, const struct store *store)
{
	int64_t counts[TOKEN_STATES] = { 0 };
	struct json_out member;

	for (const struct token *t = NULL; (t = store_next(store, t));)
		counts[t->state]++;

	json_out_init(&member);
	for (enum token_state state = TOKEN_PENDING; state < TOKEN_STATES; state++)
		json_out_integer(&member, token_state_name(state), counts[state]);
	json_out_object(out, "tokens", &member);
}

static void add_store(struct json_out *out, const struct situation *s)
{
	static const uint8_t no_fingerprint[FINGERPRINT_LEN];
	const struct usage usage = store_count(s->store, 0, no_fingerprint);
	struct json_out member;

	json_out_init(&member);
	json_out_string(&member, "kind", store_kind(s->store));
	json_out_string(&member, "directory", s->directory);
	if (store_is_readable(s->store))
		json_out_integer(&member, "bytes", (int64_t)usage.bytes);
	json_out_integer(&member, "max_bytes", (int64_t)s->settings->max_store);
	json_out_object(out, "store", &member);
}

static void add_allowlist(struct json_out *out, const struct allowlist_file *f)
{
	struct json_out member;

	if (!f->store)
		return;

	json_out_init(&member);
	if (f->list)
		json_out_integer(&member, "entries", (int64_t)allowlist_size(f->list));
	json_out_string(&member, "fault", f->fault.len > 0 ? bytes_str(&f->fault) : NULL);
	json_out_object(out, "allowlist", &member);
}

/* Kept until the object is printed. */
struct policy_view {
	char hash[2 * POLICY_HASH_LEN + 1];
};

static void add_policy(struct json_out *out, const struct rules *rules, struct policy_view *v)
{
	struct json_out member;

	if (!rules->path)
		return;

	json_out_init(&member);
	/* As it is, so that it can be opened; JSON can't hold what is no text. */
	json_out_string(&member, "path",
		text_is_utf8(rules->path, strlen(rules->path)) ? rules->path
							       : bytes_str(&rules->shown));
	if (rules->policy) {
		notation_hex(rules->hash, sizeof(rules->hash), v->hash);
		json_out_string(&member, "id", policy_id(rules->policy));
		json_out_string(&member, "version", policy_version(rules->policy));
		json_out_string(&member, "sha256", v->hash);
		json_out_integer(&member, "rules", (int64_t)policy_size(rules->policy));
		if (policy_default(rules->policy) != DECISION_NONE)
			json_out_string(&member, "default_action",
				decision_name(policy_default(rules->policy)));
	}
	json_out_string(&member, "fault", rules->fault.len > 0 ? bytes_str(&rules->fault) : NULL);
	json_out_object(out, "policy", &member);
}

/* With one door for everyone, the asker can approve as well. */
static bool may_approve_self(const struct situation *s)
{
	for (size_t i = 0; i < s->doors->n; i++)
		if (s->doors->doors[i].role == ROLE_ANY)
			return true;
	return s->settings->allow_self_approval;
}

static void add_evidence(struct json_out *out, const struct evidence *e)
{
	const struct sign_key *key = evidence_key(e);
	const char *closed = evidence_closed(e);
	struct json_out member;

	json_out_init(&member);
	json_out_string(&member, "path", evidence_path(e));
	json_out_string(&member, "state", closed ? "closed" : "open");
	json_out_string(&member, "closed", closed);
	json_out_integer(&member, "sequence", (int64_t)evidence_head(e).sequence);
	json_out_integer(&member, "bytes", (int64_t)evidence_size(e));
	json_out_string(&member, "key_id", key ? sign_key_id(key) : NULL);
	json_out_object(out, "evidence", &member);
}

int view_status(
	const struct situation *s, const char *closed, const struct moment *now, struct bytes *b)
{
	struct policy_view policy;
	struct json_out out;
	int r;

	json_out_init(&out);
	json_out_string(&out, "version", PACKAGE_VERSION);
	json_out_integer(&out, "pid", getpid());
	json_out_string(&out, "state", closed ? "closed" : "answering");
	json_out_string(&out, "closed", closed);
	json_out_integer(&out, "uptime_ms", (int64_t)((now->clock.boot - s->started) / CLOCK_MS));
	json_out_string(&out, "default_action", decision_name(s->settings->default_action));
	json_out_bool(&out, "self_approval", may_approve_self(s));
	add_doors(&out, s->doors);
	json_out_integer(&out, "connections", (int64_t)s->conns->n);
	json_out_integer(&out, "waiting", (int64_t)s->waits->n);
	json_out_integer(&out, "watching", (int64_t)s->watchers->n);
	if (store_is_readable(s->store))
		add_tokens(&out, s->store);
	add_policy(&out, s->rules, &policy);
	add_allowlist(&out, s->allowlist);
	add_store(&out, s);
	if (s->evidence)
		add_evidence(&out, s->evidence);

	r = json_out_print(&out, b);
	json_out_deinit(&out);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

/* SPDX-License-Identifier: ISC */

/* One object of JSON. Each part of it is added by a function of its own. */

#include "daemon/status.h"

#include <string.h>
#include <unistd.h>

#include "base/json/tree.h"
#include "base/notation.h"
#include "base/text.h"

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

static void add_store(struct json_out *out, const struct resources *res)
{
	static const uint8_t no_fingerprint[FINGERPRINT_LEN];
	const struct usage usage = store_count(res->store, 0, no_fingerprint);
	struct json_out member;

	json_out_init(&member);
	json_out_string(&member, "kind", store_kind(res->store));
	json_out_string(
		&member, "directory", res->state_dir ? state_dir_path(res->state_dir) : NULL);
	if (store_is_readable(res->store))
		json_out_integer(&member, "bytes", (int64_t)usage.bytes);
	json_out_integer(&member, "max_bytes", (int64_t)res->settings->max_store);
	json_out_object(out, "store", &member);
}

static void add_allowlist(struct json_out *out, const struct allowlist_file *f)
{
	struct json_out member;

	if (!f->dir)
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

static void add_policy(struct json_out *out, const struct live_policy *live, struct policy_view *v)
{
	struct json_out member;

	if (!live->path)
		return;

	json_out_init(&member);
	/* As it is, so that it can be opened; JSON can't hold what is no text. */
	json_out_string(&member, "path",
		text_is_utf8(live->path, strlen(live->path)) ? live->path
							     : bytes_str(&live->shown));
	if (live->policy) {
		notation_hex(live->hash, sizeof(live->hash), v->hash);
		json_out_string(&member, "id", policy_id(live->policy));
		json_out_string(&member, "version", policy_version(live->policy));
		json_out_string(&member, "sha256", v->hash);
		json_out_integer(&member, "rules", (int64_t)policy_size(live->policy));
		if (policy_default(live->policy) != DECISION_NONE)
			json_out_string(&member, "default_action",
				decision_name(policy_default(live->policy)));
	}
	json_out_string(&member, "fault", live->fault.len > 0 ? bytes_str(&live->fault) : NULL);
	json_out_object(out, "policy", &member);
}

/* With one door for everyone, the asker can approve as well. */
static bool may_approve_self(const struct status_sources *s)
{
	for (size_t i = 0; i < s->doors->n; i++)
		if (s->doors->doors[i].role == ROLE_ANY)
			return true;
	return s->resources->settings->allow_self_approval;
}

static void add_evidence(struct json_out *out, const struct evidence *e)
{
	const struct evidence_key *key = evidence_signing_key(e);
	const char *closed = evidence_closed(e);
	struct json_out member;

	json_out_init(&member);
	json_out_string(&member, "path", evidence_path(e));
	json_out_string(&member, "state", closed ? "closed" : "open");
	json_out_string(&member, "closed", closed);
	json_out_integer(&member, "sequence", (int64_t)evidence_head(e).sequence);
	json_out_integer(&member, "bytes", (int64_t)evidence_size(e));
	json_out_string(&member, "key_id", key ? evidence_key_id(key) : NULL);
	json_out_object(out, "evidence", &member);
}

int status_print(const struct status_sources *s, const struct moment *now, struct bytes *b)
{
	const struct resources *res = s->resources;
	const char *closed = resources_closed(res);
	struct policy_view policy;
	struct json_out out;
	int r;

	json_out_init(&out);
	json_out_string(&out, "version", PACKAGE_VERSION);
	json_out_integer(&out, "pid", getpid());
	json_out_string(&out, "state", closed ? "closed" : "answering");
	json_out_string(&out, "closed", closed);
	json_out_integer(&out, "uptime_ms", (int64_t)((now->clock.boot - s->started) / CLOCK_MS));
	json_out_string(&out, "default_action", decision_name(res->settings->default_action));
	json_out_bool(&out, "self_approval", may_approve_self(s));
	add_doors(&out, s->doors);
	json_out_integer(&out, "connections", (int64_t)s->conns->n);
	json_out_integer(&out, "waiting", (int64_t)s->waits->n);
	json_out_integer(&out, "watching", (int64_t)s->watchers->n);
	if (store_is_readable(res->store))
		add_tokens(&out, res->store);
	add_policy(&out, &res->policy, &policy);
	add_allowlist(&out, &res->allowlist);
	add_store(&out, res);
	if (res->evidence)
		add_evidence(&out, res->evidence);

	r = json_out_print(&out, b);
	json_out_deinit(&out);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

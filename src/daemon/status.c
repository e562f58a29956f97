/* SPDX-License-Identifier: ISC */

/* One JSON object. One function adds each part of it. */

#include "daemon/status.h"

#include <string.h>
#include <unistd.h>

#include "base/json/writer.h"
#include "base/notation.h"
#include "base/utf8.h"

static void add_doors(struct writer *w, const struct doors *doors)
{
	gid_t group;

	writer_array(w, "doors");
	for (size_t i = 0; i < doors->n; i++) {
		group = doors_group(doors, doors->doors[i].role);
		writer_object(w, NULL);
		writer_string(w, "role", role_name(doors->doors[i].role));
		writer_string(w, "path", doors->doors[i].path);
		if (group != DOOR_NO_GROUP)
			writer_unsigned(w, "group", group);
		writer_end(w);
	}
	writer_end(w);
}

static void add_tokens(struct writer *w, const struct store *store)
{
	int64_t counts[TOKEN_STATES] = { 0 };

	for (const struct token *t = NULL; (t = store_next(store, t));)
		counts[t->state]++;

	writer_object(w, "tokens");
	for (enum token_state state = TOKEN_PENDING; state < TOKEN_STATES; state++)
		writer_integer(w, token_state_name(state), counts[state]);
	writer_end(w);
}

static void add_store(struct writer *w, const struct resources *res, const struct moment *now)
{
	static const uint8_t no_fingerprint[FINGERPRINT_LEN];
	const struct usage usage = store_count(res->store, 0, no_fingerprint);

	writer_object(w, "store");
	writer_string(w, "kind", store_kind(res->store));
	writer_string(w, "directory", res->state_dir ? state_dir_path(res->state_dir) : NULL);
	if (store_is_readable(res->store))
		writer_unsigned(w, "bytes", usage.bytes);
	writer_unsigned(w, "max_bytes", res->settings->max_store);
	store_write(res->store, now, w);
	writer_end(w);
}

static void add_space(struct writer *w, const struct space *space)
{
	if (!space->path)
		return;

	writer_object(w, "space");
	writer_string(w, "path", space->path);
	writer_unsigned(w, "free_bytes", space->left);
	writer_bool(w, "low", space->is_low);
	writer_bool(w, "full", space->is_full);
	writer_end(w);
}

static void add_allowlist(struct writer *w, const struct allowlist_file *f)
{

	if (!f->dir)
		return;

	writer_object(w, "allowlist");
	if (f->list)
		writer_unsigned(w, "entries", allowlist_size(f->list));
	writer_string(w, "fault", f->fault.len > 0 ? bytes_str(&f->fault) : NULL);
	writer_end(w);
}

static void add_runners(struct writer *w, const struct runners *runners)
{
	if (!runners)
		return;

	writer_object(w, "runners");
	writer_unsigned(w, "issuers", runners->n_issuers);
	writer_unsigned(w, "signers", runners->n_signers);
	writer_bool(w, "replayable", runners_are_replayable(runners));
	writer_end(w);
}

static void add_policy(struct writer *w, const struct live_policy *live)
{
	char hash[2 * POLICY_HASH_LEN + 1];

	if (live->has_appeared)
		writer_string(w, "policy_not_in_force",
			utf8_is_valid(live->absent, strlen(live->absent)) ? live->absent : NULL);
	add_runners(w, live->given);
	if (!live->path)
		return;

	writer_object(w, "policy");
	/* Not escaped if it is UTF-8, so that a client can open it; JSON can't hold other bytes. */
	writer_string(w, "path",
		utf8_is_valid(live->path, strlen(live->path)) ? live->path
							      : bytes_str(&live->shown));
	if (live->policy) {
		notation_hex(live->hash, sizeof(live->hash), hash);
		writer_string(w, "id", policy_id(live->policy));
		writer_string(w, "version", policy_version(live->policy));
		writer_string(w, "sha256", hash);
		writer_unsigned(w, "rules", policy_size_of_all(live->policy));
		if (policy_default(live->policy) != DECISION_NONE)
			writer_string(
				w, "default_action", decision_name(policy_default(live->policy)));
	}
	add_runners(w, policy_runners(live->policy));
	writer_string(w, "fault", live->fault.len > 0 ? bytes_str(&live->fault) : NULL);
	writer_end(w);
}

static void add_approvers(struct writer *w, const struct status_sources *s)
{
	const struct approver_file *f = &s->resources->approvers;
	char gate[2 * GATE_ID_LEN + 1];

	if (!f->path)
		return;

	if (f->loaded && f->closed.len == 0) {
		notation_hex(f->gate.id, sizeof(f->gate.id), gate);
		writer_string(w, "gate", gate);
	}
	writer_object(w, "approvers");
	writer_string(w, "path",
		utf8_is_valid(f->path, strlen(f->path)) ? f->path : bytes_str(&f->shown));
	if (f->signers)
		writer_unsigned(w, "keys", allowed_signers_count(f->signers));
	writer_bool(w, "require_signature", s->resources->settings->require_signature);
	writer_bool(w, "advisory", f->advisory);
	writer_string(w, "fault", f->fault.len > 0 ? bytes_str(&f->fault) : NULL);
	writer_end(w);
}

static void add_document(struct writer *w, const char *key, const struct live_policy *live)
{
	writer_object(w, key);
	writer_string(w, "path", bytes_str(&live->shown));
	if (live->policy) {
		writer_string(w, "id", policy_id(live->policy));
		writer_unsigned(w, "rules", policy_size_of_all(live->policy));
	}
	writer_string(w, "fault", live->fault.len > 0 ? bytes_str(&live->fault) : NULL);
	writer_end(w);
}

/* The packs, the registry, and how far askers are trusted. */
static void add_packs(struct writer *w, const struct resources *res)
{
	if (res->packs.n > 0) {
		writer_array(w, "policy_packs");
		for (size_t i = 0; i < res->packs.n; i++)
			add_document(w, NULL, &res->packs.files[i]);
		writer_end(w);
		writer_bool(w, "packs_by_asker", res->settings->packs_by_asker);
	}
	writer_string(
		w, "release_approvals", res->settings->approvals_claimed ? "claimed" : "recorded");
	if (res->registry.path)
		add_document(w, "registry", &res->registry);
}

/* With one door for all roles, an asker can also approve. */
static bool may_approve_self(const struct status_sources *s)
{
	for (size_t i = 0; i < s->doors->n; i++)
		if (s->doors->doors[i].role == ROLE_ANY)
			return true;
	return s->resources->settings->allow_self_approval;
}

static void add_evidence(struct writer *w, const struct evidence *e)
{
	const struct evidence_key *key = evidence_signing_key(e);
	const char *closed = evidence_closed(e);

	writer_object(w, "evidence");
	writer_string(w, "path", evidence_path(e));
	writer_string(w, "state", closed ? "closed" : "open");
	writer_string(w, "closed", closed);
	writer_unsigned(w, "sequence", evidence_head(e).sequence);
	writer_unsigned(w, "bytes", evidence_size(e));
	writer_string(w, "key_id", key ? evidence_key_id(key) : NULL);
	writer_end(w);
}

int status_print(const struct status_sources *s, const struct moment *now, struct bytes *b)
{
	const struct resources *res = s->resources;
	const char *closed = resources_closed(res);
	struct writer w;
	int r;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "version", PACKAGE_VERSION);
	writer_integer(&w, "pid", getpid());
	writer_string(&w, "state", closed ? "closed" : "answering");
	writer_string(&w, "closed", closed);
	writer_unsigned(&w, "uptime_ms", ((now->clock.boot - s->started) / CLOCK_MS));
	writer_string(&w, "default_action", decision_name(res->settings->default_action));
	writer_bool(&w, "self_approval", may_approve_self(s));
	add_doors(&w, s->doors);
	writer_unsigned(&w, "connections", s->conns->n);
	writer_unsigned(&w, "waiting", s->waits->n);
	writer_unsigned(&w, "watching", s->watchers->n);
	if (store_is_readable(res->store))
		add_tokens(&w, res->store);
	add_policy(&w, &res->policy);
	add_approvers(&w, s);
	add_packs(&w, res);
	add_allowlist(&w, &res->allowlist);
	add_store(&w, res, now);
	add_space(&w, &res->space);
	if (res->evidence)
		add_evidence(&w, res->evidence);

	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(b, '\n');
}

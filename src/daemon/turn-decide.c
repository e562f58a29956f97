/* SPDX-License-Identifier: ISC */

/* From a line to its verdict: everything that bears on it is looked up, and what it changes
 * applied. */

#include "daemon/turn-decide.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "daemon/turn-evidence.h"

/* A random UUID, version 4 (RFC 9562, section 5.4). */
static void make_id(uint8_t ret[static TOKEN_ID_LEN])
{
	randombytes_buf(ret, TOKEN_ID_LEN);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x40);
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

/* The token that the request names, if it names one that is there. */
static const struct token *named_token(struct store *store, const struct request *request)
{
	const char *name =
		request->action == ACTION_EXEC ? request->approval_token : request->token_id;
	uint8_t id[TOKEN_ID_LEN];

	if (request->fault || !name || notation_parse_uuid(name, strlen(name), id) < 0)
		return NULL;
	return store_find(store, id);
}

static bool is_operation(const struct request *request)
{
	return request->action != ACTION_NONE && request->action != ACTION_EXEC;
}

/* "/usr/bin/git for uid 1000 (agent 'a b')", "by uid 0": for the log. Never the arguments. */
static int describe(const struct request *request, const struct peer *peer, struct bytes *what)
{
	int r = 0;

	if (request->action == ACTION_EXEC && !request->fault) {
		r = text_append_quoted(
			what, request->asked.executable, strlen(request->asked.executable));
		if (r >= 0)
			r = bytes_append_char(what, ' ');
	}
	if (r >= 0)
		r = bytes_appendf(what, "%s uid %u", is_operation(request) ? "by" : "for",
			(unsigned int)peer->uid);
	if (r >= 0 && request->asked.agent_id) {
		r = bytes_append_str(what, " (agent ");
		if (r >= 0)
			r = text_append_quoted(
				what, request->asked.agent_id, strlen(request->asked.agent_id));
		if (r >= 0)
			r = bytes_append_char(what, ')');
	}
	return r;
}

struct named {
	struct turn *turn;
	const struct conn *conn;
};

/* One that asks several times at once is looked up once; a while later it may be another. */
static bool is_named(const struct turn *turn, const struct peer *peer)
{
	return turn->named.pid != 0 && turn->named.pid == peer->pid && turn->named.uid == peer->uid
		&& turn->clock - turn->named_at < CLOCK_MS;
}

static const char *name_process(void *userdata)
{
	const struct named *named = userdata;
	struct turn *turn = named->turn;

	if (!is_named(turn, &named->conn->peer)) {
		peer_process(named->conn->fd, &named->conn->peer, turn->name);
		turn->named = named->conn->peer;
		turn->named_at = turn->clock;
	}
	return turn->name[0] ? turn->name : NULL;
}

static int measure(struct token_change *change, void *userdata)
{
	const struct named *named = userdata;

	return store_measure(named->turn->store, change);
}

/* The groups are the caller's to free; only a policy that is about groups asks for them. */
static int add_groups(const struct conn *conn, struct question *q, gid_t **ret)
{
	int r;

	if (!q->policy || !q->fingerprint || !policy_uses_groups(q->policy))
		return 0;

	r = peer_groups(conn->fd, &conn->peer, ret, &q->asker.n_groups, &q->asker.more_groups);
	q->asker.groups = *ret;
	return r;
}

/* Carries a change out. */
static int apply(struct turn *turn, struct token_change *change, const uid_t *by)
{
	uint8_t id[TOKEN_ID_LEN];
	int r;

	memcpy(id, change->id, sizeof(id));
	r = store_apply(turn->store, change);
	if (r == STORE_DONE)
		turn_note(turn, store_find(turn->store, id), by);
	return r;
}

/* Carries the verdict's change out. If the token was changed meanwhile, the verdict is "no". */
static int apply_verdict(struct turn *turn, struct verdict *v, const uid_t *by)
{
	int r;

	r = apply(turn, &v->change, by);
	if (r != STORE_STALE)
		return r;

	v->change.to = TOKEN_ABSENT; /* it did not happen */
	return verdict_refuse(v, REASON_CHANGED_MEANWHILE);
}

/*
 * Revokes all that the request selects, up to the limit. What was revoked before memory ran out
 * stays revoked.
 */
static int revoke_many(
	struct turn *turn, const struct request *request, const uid_t *by, struct bytes *changed)
{
	struct token_change change;
	const struct token *next;
	int r = 0;

	for (const struct token *t = store_next(turn->store, NULL); r == 0 && t; t = next) {
		next = store_next(turn->store, t);
		change = decide_revocation(request, t, &turn->now);
		if (change.to == TOKEN_ABSENT)
			continue;
		if (changed->len == LIMIT_REVOKE_MANY * TOKEN_ID_LEN)
			break;

		r = bytes_append(changed, t->id, TOKEN_ID_LEN);
		if (r == 0)
			r = apply(turn, &change, by);
		if (r == STORE_STALE) {
			bytes_truncate(changed, changed->len - TOKEN_ID_LEN);
			r = 0;
		}
	}
	return r;
}

/* Everything that bears on the request, and the decision; then the change. */
static int decide_request(
	struct turn *turn, const struct conn *conn, const struct request *request, struct answer *a)
{
	bool has_fingerprint = request->action == ACTION_EXEC && !request->fault;
	uint8_t fingerprint[FINGERPRINT_LEN] = { 0 }, fresh_id[TOKEN_ID_LEN];
	cleanup(free_p) gid_t *groups = NULL;
	struct question q = {
		.request = request,
		.role = conn->door->role,
		.asker = { .uid = conn->peer.uid, .pid = conn->peer.pid },
		.settings = turn->settings,
		.policy = turn->live_policy->policy,
		.allowlist = turn->allowlist->list,
		.allow_now = turn->allowlist->clock.wall,
		.now = store_now(turn->store, &turn->now),
		.fresh_id = fresh_id,
		.name_process = name_process,
		.measure = measure,
		.userdata = &(struct named){ turn, conn },
	};
	int r;

	/* A look-up that fails closes the store. */
	q.token = named_token(turn->store, request);
	q.closed = turn_closed(turn);
	q.readable = store_is_readable(turn->store);

	if (has_fingerprint) {
		fingerprint_compute(&request->asked, fingerprint);
		notation_hex(fingerprint, sizeof(fingerprint), a->fingerprint);
		q.fingerprint = fingerprint;
		q.usage = store_count(turn->store, conn->peer.uid, fingerprint);
	}
	make_id(fresh_id);

	r = add_groups(conn, &q, &groups);
	if (r >= 0)
		r = decide(&q, &a->verdict);
	if (r < 0)
		return r;

	a->decided = true;
	if (a->verdict.many)
		return revoke_many(turn, request, &conn->peer.uid, &a->changed);
	if (a->verdict.change.to == TOKEN_ABSENT)
		return 0;
	return apply_verdict(turn, &a->verdict, is_operation(request) ? &conn->peer.uid : NULL);
}

/*
 * Where its answer may be held back, the request is kept: it will be decided again. Without memory
 * for that it is answered at once.
 */
static void keep(const struct turn *turn, const struct request *request, const char *line,
	size_t len, struct answer *a)
{
	if (a->verdict.decision == DECISION_PENDING && request->wait_ms > 0
		&& bytes_append(&a->line, line, len) >= 0)
		a->held_until = turn->now.clock.boot + request->wait_ms * CLOCK_MS;
}

int turn_decide(struct turn *turn, const struct conn *conn, const char *line, size_t len,
	const char *refused, const char *waited_for, struct answer *a)
{
	cleanup(request_free_p) struct request *request = NULL;
	int r;

	r = refused ? request_new_refused(refused, &request) : request_parse(line, len, &request);
	if (r < 0)
		return r;
	if (waited_for) {
		request->approval_token = waited_for;
		request->wait_ms = 0;
	}

	a->action = request->action;
	a->detail = request->detail;
	a->listed = request->state;
	r = describe(request, &conn->peer, &a->what);
	if (r >= 0)
		r = turn_evidence_keep(turn, a, request, line, len);
	if (r < 0)
		return r;

	r = decide_request(turn, conn, request, a);
	if (r < 0)
		return r;

	keep(turn, request, line, len, a);
	return 0;
}

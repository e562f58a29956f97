/* SPDX-License-Identifier: ISC */

/*
 * A turn. Between turn_take() and turn_end() the store's changes are visible to the other requests
 * of the turn and to nobody else; what is answered is read from the verdicts after the commit.
 */

#include "daemon/turn.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "daemon/chronicle.h"
#include "daemon/log.h"
#include "daemon/turn-allow.h"

_Static_assert(LIMIT_UNREAD == 16 << 20, "refuse_unread() names it");

#define STOPPING_OUTCOME "{\"outcome\":\"unsupported_action\",\"reason\":\"" REASON_STOPPING "\"}\n"
#define OUT_OF_MEMORY_REPLY "{\"decision\":\"deny\",\"reason\":\"out of memory\"}\n"

void turn_log_warnings(const struct turn *turn)
{
	cleanup(bytes_deinit) struct bytes warning = BYTES_INIT(BYTES_UNLIMITED);

	if (store_take_warning(turn->store, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
	if (allowlist_file_take_warning(turn->allowlist, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
	if (turn->evidence && evidence_take_warning(turn->evidence, &warning))
		log_text(LOG_WARNING, LOG_ID_WARNING, "%s", bytes_str(&warning));
}

void turn_init(struct turn *turn)
{
	waits_init(&turn->waits);
	watchers_init(&turn->watchers);
	news_init(&turn->news);
}

void turn_deinit(struct turn *turn)
{
	waits_deinit(&turn->waits);
	watchers_deinit(&turn->watchers);
	news_deinit(&turn->news);
}

static void note(struct turn *turn, const struct token *token, const uid_t *by)
{
	news_add(&turn->news, token, by, &turn->now, turn->watchers.n > 0);
}

static void on_expired(const struct token *token, void *userdata)
{
	note(userdata, token, NULL);
}

void turn_refresh_rules(struct rules *rules, const struct clock_time *now)
{
	switch (rules_refresh(rules, now)) {
	case RULES_READ:
		log_text(LOG_INFO, LOG_ID_POLICY, "policy %s is in force, with %zu rules",
			bytes_str(&rules->shown), policy_size(rules->policy));
		break;
	case RULES_FAULTY:
		log_text(LOG_ERR, LOG_ID_POLICY, "%s: policy %s",
			rules->policy ? "the policy before stays in force"
				      : "there is no policy to go by",
			bytes_str(&rules->fault));
		break;
	default:
		break;
	}
}

const char *turn_closed(const struct turn *turn)
{
	const char *closed = store_closed(turn->store);

	if (!closed)
		closed = rules_closed(turn->rules);
	if (!closed)
		closed = allowlist_file_closed(turn->allowlist);
	if (!closed && turn->evidence)
		closed = evidence_closed(turn->evidence);
	return closed;
}

void turn_begin(struct turn *turn)
{
	if (turn->begun)
		return;

	turn->begun = true;
	turn->now.clock = clock_now();
	turn->clock = turn->now.clock.boot;
	memcpy(turn->now.boot_id, turn->boot_id, sizeof(turn->boot_id));
	turn_refresh_rules(turn->rules, &turn->now.clock);
	store_prepare(turn->store, &turn->now);
	if (turn->evidence)
		evidence_prepare(turn->evidence, turn->store, &turn->now);
	allowlist_file_refresh(turn->allowlist, &turn->now);
	turn_log_warnings(turn);
	store_prune(turn->store, &turn->now, on_expired, turn);
}

bool turn_has_room(const struct turn *turn)
{
	return turn->n < LIMIT_TURN_REQUESTS && turn->accepts < LIMIT_TURN_ACCEPTS;
}

bool turn_is_full(const struct turn *turn)
{
	return !turn_has_room(turn)
		|| (turn->begun && turn->clock - turn->now.clock.boot >= LIMIT_TURN_TIME);
}

/* Whatever is evidence is recorded; the rest only where it changes something. */
static bool has_change(const struct turn *turn, const struct answer *a)
{
	return a->decided
		&& (a->verdict.change.to != TOKEN_ABSENT || a->changed.len > 0
			|| a->verdict.allow.kind != ALLOW_NOTHING
			|| (turn->evidence && answer_is_recorded(a)));
}

/* What the policy or the default says is nowhere on record, and a refusal promises nothing. */
static bool rests_on_record(const struct answer *a)
{
	const struct verdict *v = &a->verdict;

	return a->decided && (v->decision == DECISION_NONE || v->has_token || v->used_id);
}

bool turn_has_changes(const struct turn *turn)
{
	for (size_t i = 0; i < turn->n; i++)
		if (has_change(turn, &turn->answers[i]))
			return true;
	return false;
}

static void drop_verdict(struct answer *a)
{
	if (a->decided)
		verdict_deinit(&a->verdict);
	a->decided = false;
}

/* A random UUID, version 4 (RFC 9562, section 5.4). */
static void make_id(uint8_t ret[static TOKEN_ID_LEN])
{
	randombytes_buf(ret, TOKEN_ID_LEN);
	ret[6] = (uint8_t)((ret[6] & 0x0f) | 0x40);
	ret[8] = (uint8_t)((ret[8] & 0x3f) | 0x80);
}

/* The token that the request names, if it names one that is there. */
static const struct token *named_token(const struct store *store, const struct request *request)
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
		r = text_append_quoted(what, request->executable, strlen(request->executable));
		if (r >= 0)
			r = bytes_append_char(what, ' ');
	}
	if (r >= 0)
		r = bytes_appendf(what, "%s uid %u", is_operation(request) ? "by" : "for",
			(unsigned int)peer->uid);
	if (r >= 0 && request->agent_id) {
		r = bytes_append_str(what, " (agent ");
		if (r >= 0)
			r = text_append_quoted(what, request->agent_id, strlen(request->agent_id));
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

/* Carries a change out. STORE_STALE can't be: it was decided on what the store holds. */
static int apply(struct turn *turn, struct token_change *change, const uid_t *by)
{
	uint8_t id[TOKEN_ID_LEN];
	int r;

	memcpy(id, change->id, sizeof(id));
	r = store_apply(turn->store, change);
	if (r != 0)
		return r == STORE_STALE ? -ESTALE : r;

	note(turn, store_find(turn->store, id), by);
	return 0;
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
		.policy = turn->rules->policy,
		.allowlist = turn->allowlist->list,
		.allow_now = turn->allowlist->clock.wall,
		.token = named_token(turn->store, request),
		.now = turn->now,
		.fresh_id = fresh_id,
		.name_process = name_process,
		.userdata = &(struct named){ turn, conn },
		.closed = turn_closed(turn),
		.readable = store_is_readable(turn->store),
	};
	int r;

	if (has_fingerprint) {
		request_fingerprint(request, fingerprint);
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
	return apply(turn, &a->verdict.change, is_operation(request) ? &conn->peer.uid : NULL);
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

/* `waited_for`: the token that an earlier answer to this request would have named, or NULL. */
static int take(struct turn *turn, const struct conn *conn, const char *line, size_t len,
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
		r = chronicle_keep(turn, a, request, line, len);
	if (r < 0)
		return r;

	r = decide_request(turn, conn, request, a);
	if (r < 0)
		return r;

	keep(turn, request, line, len, a);
	return 0;
}

static void take_one(struct turn *turn, struct conn *conn, const char *line, size_t len,
	const char *refused, const char *waited_for)
{
	struct answer *a;
	int r;

	turn_begin(turn);
	a = &turn->answers[turn->n++];
	*a = (struct answer){
		.conn = conn,
		.request = BYTES_INIT(BYTES_UNLIMITED),
		.what = BYTES_INIT(BYTES_UNLIMITED),
		.line = BYTES_INIT(BYTES_UNLIMITED),
		.changed = BYTES_INIT(BYTES_UNLIMITED),
	};

	/* What was decided but couldn't be applied didn't happen, and so it is no. */
	r = take(turn, conn, line, len, refused, waited_for, a);
	if (r < 0)
		drop_verdict(a);
	if (rests_on_record(a))
		store_rely(turn->store);
	turn->clock = clock_now().boot;
}

void turn_take(struct conn *conn, const char *line, size_t len, const char *refused, void *userdata)
{
	take_one(userdata, conn, line, len, refused, NULL);
}

void turn_take_ready(struct turn *turn)
{
	char id[NOTATION_UUID_LEN + 1];
	struct wait *w;

	while (!turn_is_full(turn) && (w = waits_take(&turn->waits))) {
		notation_uuid(w->token_id, id);
		take_one(turn, w->conn, bytes_str(&w->line), w->line.len, NULL, id);
		wait_free(w);
	}
}

void turn_take_over(struct turn *turn)
{
	waits_expire(&turn->waits, turn->now.clock.boot);
	if (turn->stopping) {
		waits_wake_all(&turn->waits);
		watchers_end(&turn->watchers, STOPPING_OUTCOME, turn->now.clock.boot);
	}
	turn_take_ready(turn);
}

/* Lists are large: one that nobody reads must not be followed by many. */
static int refuse_unread(const struct turn *turn, struct answer *a)
{
	enum view view = a->verdict.view;

	if ((view != VIEW_LIST && view != VIEW_WATCH && view != VIEW_ALLOWLIST)
		|| turn->situation->conns->unread < LIMIT_UNREAD)
		return 0;
	return verdict_refuse(
		&a->verdict, "limit reached: 16 MiB of replies wait to be read; ask again");
}

/*
 * Keeps the connection, where the answer is not due yet; true where that was so. Nobody would wake
 * up who begins to wait when all others have been let go.
 */
static bool hold_answer(struct turn *turn, struct answer *a)
{
	return a->decided && !turn->stopping && a->verdict.decision == DECISION_PENDING
		&& a->held_until > 0
		&& waits_hold(&turn->waits, a->conn, &a->line, a->verdict.token_id, a->held_until)
		>= 0;
}

/* Whoever begins to watch is told what is pending now. */
static bool begin_watch(struct turn *turn, struct answer *a, uint64_t now)
{
	cleanup(bytes_deinit) struct bytes pending = BYTES_INIT(BYTES_UNLIMITED);

	return a->decided && a->verdict.view == VIEW_WATCH && !turn->stopping
		&& view_pending(turn->store, &turn->now, &pending) >= 0
		&& watchers_add(&turn->watchers, a->conn, &pending, now) >= 0;
}

/* What didn't begin must not look like what has come to its end. */
static int refuse_watch(const struct turn *turn, struct answer *a)
{
	if (a->verdict.view != VIEW_WATCH)
		return 0;
	return verdict_refuse(&a->verdict, turn->stopping ? REASON_STOPPING : "out of memory");
}

/* `now`, in µs of the boot clock, is when the peer may begin to read. */
static void send_answer(struct turn *turn, struct answer *a, uint64_t now)
{
	struct bytes reply = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = a->decided ? refuse_unread(turn, a) : -ENOMEM;
	if (r >= 0 && (hold_answer(turn, a) || begin_watch(turn, a, now)))
		return;
	if (r >= 0)
		r = refuse_watch(turn, a);
	if (r >= 0)
		r = answer_print(turn, a, &reply);
	if (r < 0) {
		drop_verdict(a);
		bytes_clear(&reply);
		r = bytes_append_str(&reply, OUT_OF_MEMORY_REPLY);
	}

	answer_log(a); /* what was to be shown, and is refused now */
	if (r < 0)
		conn_free(a->conn);
	else
		conn_answer(a->conn, &reply, now);
	bytes_deinit(&reply);
}

static void log_answers(struct turn *turn)
{
	for (size_t i = 0; i < turn->n; i++)
		answer_log(&turn->answers[i]);
	log_flush();
}

/* What could not be recorded is not answered for: nobody hears anything but "no". */
static void refuse_all(struct turn *turn, const char *what, int error)
{
	const struct verdict *v;
	char reason[256];
	int r;

	for (size_t i = 0; i < turn->n; i++) {
		v = &turn->answers[i].verdict;
		if (!turn->answers[i].decided)
			continue;

		snprintf(reason, sizeof(reason), "%s%s could not be recorded: %s",
			v->decision == DECISION_NONE ? REASON_OUTCOME_UNKNOWN : "", what,
			strerror(-error));
		r = verdict_refuse(&turn->answers[i].verdict, reason);
		if (r < 0)
			drop_verdict(&turn->answers[i]);
	}
}

void turn_end(struct turn *turn)
{
	uint64_t now;
	int r;

	if (!turn->begun)
		return;

	chronicle_announce(turn);
	r = store_commit(turn->store);
	if (r < 0) {
		refuse_all(turn, "the change", r);
		news_undo(&turn->news);
	}
	/* What an operator changed may fail yet; what an allow leaves must not be there before it.
	 */
	turn_commit_allowlist(turn, ALLOW_OF_OPERATORS);
	r = chronicle_write(turn);
	if (r < 0)
		refuse_all(turn, "the evidence", r);
	turn_commit_allowlist(turn, ALLOW_OF_TOKENS);
	turn_log_warnings(turn);
	log_answers(turn);

	/* Recording may have taken longer than a peer has for reading. */
	now = clock_now().boot;

	/* Before somebody begins to watch, who is told what is pending after all of this. */
	watchers_tell(&turn->watchers, &turn->news, now);
	for (size_t i = 0; i < turn->n; i++) {
		send_answer(turn, &turn->answers[i], now);
		turn_note_use(turn, &turn->answers[i]);
		drop_verdict(&turn->answers[i]);
		bytes_deinit(&turn->answers[i].request);
		bytes_deinit(&turn->answers[i].what);
		bytes_deinit(&turn->answers[i].line);
		bytes_deinit(&turn->answers[i].changed);
	}
	waits_wake(&turn->waits, &turn->news);
	news_clear(&turn->news);
	allowlist_file_keep(turn->allowlist, &turn->now);
	turn_log_warnings(turn);
	log_flush();
	turn->n = turn->accepts = 0;
	turn->named.pid = 0;
	turn->begun = false;
}

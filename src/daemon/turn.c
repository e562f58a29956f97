/* SPDX-License-Identifier: ISC */

/*
 * A turn. Between turn_take() and turn_end() the store's changes are visible to later requests of
 * the turn, but not to any peer. turn_end() takes all answers through the same steps: commit,
 * settle, print, log, send.
 */

#include "daemon/turn.h"

#include <string.h>

#include "base/notation.h"
#include "daemon/log.h"
#include "daemon/turn-allowlist.h"
#include "daemon/turn-decide.h"
#include "daemon/turn-evidence.h"
#include "gate/decide-token.h"

_Static_assert(LIMIT_UNREAD == 16 << 20, "REASON_UNREAD names it");

void turn_init(struct turn *turn)
{
	waits_init(&turn->waits);
	watchers_init(&turn->watchers);
	token_events_init(&turn->batch.events);
}

void turn_deinit(struct turn *turn)
{
	waits_deinit(&turn->waits);
	watchers_deinit(&turn->watchers);
	token_events_deinit(&turn->batch.events);
	process_files_deinit(&turn->batch.process_files);
}

static void on_change(const struct token *token, const uid_t *by, void *userdata)
{
	struct batch *batch = userdata;

	token_events_add(
		&batch->events, token, by, &batch->now, batch->watched ? batch->resources : NULL);
}

static void extend(struct batch *batch, const uint8_t id[static TOKEN_ID_LEN])
{
	const struct resources *res = batch->resources;
	const struct token *t = store_find(res->store, id);
	const struct moment now = store_now(res->store, &batch->now);
	struct token_change change;

	if (!t)
		return;
	change = decide_token_extension(res->settings, t, &now);
	if (change.to == TOKEN_ABSENT || store_apply(res->store, &change) != STORE_DONE)
		return;

	batch->has_changes = true;
	token_events_add_extended(&batch->events, t, &batch->now, batch->watched ? res : NULL);
}

/* Extends the tokens for which somebody waits, within their bound, before they expire. */
static void extend_awaited(struct turn *turn)
{
	struct store *store = turn->resources->store;
	const uint64_t now = turn->batch.now.clock.boot;
	const struct wait *w;

	if (store_due(store) > now || store_closed(store))
		return;
	TAILQ_FOREACH (w, &turn->waits.held, order)
		if (w->deadline > now)
			extend(&turn->batch, w->token_id);
}

void turn_begin(struct turn *turn)
{
	struct resources *res = turn->resources;
	struct batch *batch = &turn->batch;

	if (turn->begun)
		return;

	turn->begun = true;
	batch->resources = res;
	batch->now = resources_now(res);
	turn->clock = batch->now.clock;
	batch->watched = turn->watchers.n > 0;
	batch->named.pid = 0;
	resources_prepare(res, &batch->now);
	batch->has_evidence = res->evidence && !evidence_closed(res->evidence);
	batch->sequence = batch->has_evidence ? evidence_head(res->evidence).sequence : 0;
	extend_awaited(turn);
	store_update(res->store, &batch->now, on_change, batch);
}

bool turn_has_room(const struct turn *turn)
{
	return turn->batch.n < LIMIT_TURN_REQUESTS && turn->batch.bytes < LIMIT_TURN_BYTES
		&& turn->accepts < LIMIT_TURN_ACCEPTS;
}

bool turn_is_full(const struct turn *turn)
{
	return !turn_has_room(turn)
		|| (turn->begun
			&& turn->clock.boot - turn->batch.now.clock.boot >= LIMIT_TURN_TIME);
}

bool turn_has_changes(const struct turn *turn)
{
	return turn->batch.has_changes;
}

/* Ends the tokens of askers that have left, and that wanted only the decision. */
static void end_left(struct turn *turn)
{
	struct batch *batch = &turn->batch;
	struct store *store = turn->resources->store;
	const struct moment now = store_now(store, &batch->now);
	struct token_change change;
	uint8_t id[TOKEN_ID_LEN];
	const struct token *t;

	while (waits_take_left(&turn->waits, id)) {
		t = store_find(store, id);
		if (!t)
			continue;
		change = decide_token_end(t, TOKEN_ASKER_LEFT, &now);
		if (change.to == TOKEN_ABSENT || store_apply(store, &change) != STORE_DONE)
			continue;
		batch->has_changes = true;
		token_events_add(&batch->events, t, NULL, &batch->now,
			batch->watched ? batch->resources : NULL);
	}
}

/*
 * Checks the files of the policy and the allowlist after each request is read. A turn may last
 * long, and an operator's change must apply to every request that arrives after it.
 */
static void take_one(struct turn *turn, struct conn *conn, const char *line, size_t len,
	const char *refused, const struct turn_waited *waited)
{
	struct moment now;

	turn_begin(turn);
	now = turn->batch.now;
	now.clock = turn->clock;
	resources_refresh(turn->resources, &now);
	end_left(turn);
	turn_decide(&turn->batch, conn, line, len, refused, waited);
	turn->clock = clock_now();
}

void turn_take(struct conn *conn, const char *line, size_t len, const char *refused, void *userdata)
{
	take_one(userdata, conn, line, len, refused, NULL);
}

void turn_take_ready(struct turn *turn)
{
	char id[NOTATION_UUID_LEN + 1];
	struct turn_waited waited;
	struct wait *w;

	while (!turn_is_full(turn) && (w = waits_take(&turn->waits))) {
		turn_begin(turn);
		notation_uuid(w->token_id, id);
		waited = (struct turn_waited){ id, w->asked_wall, w->deadline, NULL };
		if (turn->stopping)
			waited.over = REASON_STOPPING;
		else if (w->deadline <= turn->batch.now.clock.boot)
			waited.over = REASON_NOBODY_DECIDED;
		take_one(turn, w->conn, bytes_str(&w->line), w->line.len, NULL, &waited);
		wait_free(w);
	}
}

void turn_take_over(struct turn *turn)
{
	uint64_t now = turn->batch.now.clock.boot;

	waits_expire(&turn->waits, now);
	if (turn->stopping) {
		waits_wake_all(&turn->waits);
		watchers_end(&turn->watchers, REPLY_WATCH_STOPPING, now);
	}
	turn_take_ready(turn);
}

/* If a change is not on record, the answer is no. An operator's change may still have happened. */
static void refuse_all(struct batch *batch, const char *what, const char *why)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct answer *a = &batch->answers[i];
		bool decision = a->verdict.decision != DECISION_NONE;

		answer_refuse(a, "%s%s could not be recorded: %s",
			decision ? "" : REASON_OUTCOME_UNKNOWN, what, why);
	}
}

/* A file was touched during the turn. The turn's changes may or may not be on record. */
static void refuse_closed(struct batch *batch, const char *why)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct answer *a = &batch->answers[i];

		answer_refuse(a, "%s%s",
			verdict_changes(&a->verdict) && a->verdict.decision == DECISION_NONE
				? REASON_OUTCOME_UNKNOWN REASON_CLOSED
				: REASON_CLOSED,
			why);
	}
}

/* Another writer changed a token first: none of the turn's changes is on record. */
static void refuse_stale(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct answer *a = &batch->answers[i];
		bool lost = a->verdict.change.to != TOKEN_ABSENT
			&& store_lost(batch->resources->store, a->verdict.change.id);

		answer_refuse(a, "%s", lost ? REASON_CHANGED_MEANWHILE : REASON_NOT_RECORDED);
	}
}

/* A change of the allowlist is not made if it could not be announced. */
static void refuse_allow_changes(struct batch *batch, int error)
{
	for (size_t i = 0; i < batch->n; i++)
		if (batch->answers[i].verdict.allow.kind != ALLOW_NOTHING)
			answer_refuse(&batch->answers[i], "the change could not be recorded: %s",
				strerror(-error));
}

static bool asks_to_rotate(const struct answer *a)
{
	return a->state == ANSWER_DECIDED && a->verdict.view == VIEW_SEGMENT;
}

/* After the turn's records: one rotation for all who asked for it. */
static void rotate_evidence(struct batch *batch)
{
	bool asked = false;
	int r;

	for (size_t i = 0; i < batch->n; i++)
		asked |= asks_to_rotate(&batch->answers[i]);
	r = asked ? evidence_rotate(batch->resources->evidence, &batch->now) : 0;
	for (size_t i = 0; r < 0 && i < batch->n; i++)
		if (asks_to_rotate(&batch->answers[i]))
			answer_refuse(&batch->answers[i], "the log could not be rotated: %s",
				strerror(-r));
}

/*
 * Changes of the allowlist are in another file, so the store's commit announces them. An operator's
 * change is made before the evidence is written: if it fails, the evidence must say so. The entry
 * that a token leaves is written after the evidence of its approval.
 */
static void commit(struct batch *batch)
{
	const char *closed = batch->has_changes ? resources_look(batch->resources) : NULL;
	int r;

	if (closed)
		refuse_closed(batch, closed);
	r = turn_evidence_announce(batch);
	if (r < 0)
		refuse_allow_changes(batch, r);
	r = approver_file_write(&batch->resources->approvers);
	if (r < 0)
		refuse_all(batch, "the count of a security key", strerror(-r));
	r = runner_gate_write(&batch->resources->runners);
	if (r < 0)
		refuse_all(batch, "the use of a runner's token", strerror(-r));
	r = store_commit(batch->resources->store);
	if (r == STORE_STALE)
		refuse_stale(batch);
	else if (r < 0)
		refuse_all(batch, "the change", store_failure(batch->resources->store, r));
	if (r != STORE_DONE)
		token_events_undo(&batch->events, r == STORE_STALE);
	else if (batch->noted > 0)
		evidence_set_noted(batch->resources->evidence, batch->noted);
	turn_allowlist_commit(batch, ALLOW_OF_OPERATORS);
	r = turn_evidence_write(batch);
	if (r < 0)
		refuse_all(batch, "the evidence", strerror(-r));
	turn_allowlist_commit(batch, ALLOW_OF_TOKENS);
	rotate_evidence(batch);
	resources_log_warnings(batch->resources);
}

static bool is_large(enum view view)
{
	return view == VIEW_LIST || view == VIEW_OWN || view == VIEW_WATCH || view == VIEW_ALLOWLIST
		|| view == VIEW_LINES;
}

/* Refuses a view that can't be shown now. `unread`: bytes of replies that peers have not read. */
static void settle_view(const struct turn *turn, struct answer *a, size_t unread)
{
	enum view view = a->verdict.view;

	if (a->state != ANSWER_DECIDED)
		return;
	if (is_large(view) && unread >= LIMIT_UNREAD)
		answer_refuse(a, "%s", REASON_UNREAD);
	a->stopping = view == VIEW_WATCH && turn->stopping;
	if (a->stopping)
		answer_refuse(a, "%s", REASON_STOPPING);
}

/*
 * Holds the connection if the answer is not due yet. While the daemon stops, nothing is held:
 * waits_wake_all() has already run. An asker that wants only the decision never gets "pending".
 */
static void hold(struct turn *turn, struct answer *a)
{
	const struct token *t;

	if (a->state != ANSWER_DECIDED || a->verdict.decision != DECISION_PENDING
		|| a->verdict.approved)
		return;

	t = a->sync_wait ? store_find(turn->resources->store, a->verdict.token_id) : NULL;
	a->held = !turn->stopping && a->held_until > 0
		&& waits_hold(&turn->waits, a->conn, &a->line, a->verdict.token_id,
			   t && t->sync_wait, a->held_until, a->asked_wall)
			>= 0;
	if (!a->held && a->sync_wait)
		answer_refuse(a, "%s", turn->stopping ? REASON_STOPPING : REASON_OUT_OF_MEMORY);
}

static void print_answers(struct turn *turn)
{
	struct batch *batch = &turn->batch;
	size_t unread = turn->status->conns->unread;

	for (size_t i = 0; i < batch->n; i++) {
		struct answer *a = &batch->answers[i];

		settle_view(turn, a, unread);
		hold(turn, a);
		if (a->held)
			continue;

		answer_print(a, turn->status, &batch->now);
		unread += a->reply.len;
	}
}

static void log_answers(const struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		answer_log(&batch->answers[i]);
	log_flush();
}

/* Sends a fixed reply, which needs memory only for a copy. */
static void send_literal(struct conn *conn, const char *text, uint64_t now)
{
	struct bytes reply = BYTES_PRINTED;

	if (bytes_append_str(&reply, text) < 0)
		conn_free(conn);
	else
		conn_answer(conn, &reply, now);
	bytes_deinit(&reply);
}

/* `now`: µs of the boot clock, the start of the peer's time to read. */
static void send_answer(struct turn *turn, struct answer *a, uint64_t now)
{
	if (a->held)
		return;

	if (a->state == ANSWER_FAILED) {
		send_literal(
			a->conn, a->evaluated ? EVALUATE_OUT_OF_MEMORY : REPLY_OUT_OF_MEMORY, now);
	} else if (a->state == ANSWER_DECIDED && a->verdict.view == VIEW_WATCH) {
		if (watchers_add(&turn->watchers, a->conn, &a->reply, now) < 0)
			send_literal(a->conn, REPLY_WATCH_OUT_OF_MEMORY, now);
	} else {
		conn_answer(a->conn, &a->reply, now);
	}
}

static void send_answers(struct turn *turn)
{
	struct batch *batch = &turn->batch;
	uint64_t now = clock_now().boot; /* read again: the commit may have been slow */

	/* First, since a new watcher gets the pending tokens as they are after these events. */
	watchers_tell(&turn->watchers, &batch->events, now);
	for (size_t i = 0; i < batch->n; i++) {
		send_answer(turn, &batch->answers[i], now);
		turn_allowlist_note_use(batch->resources, &batch->answers[i]);
		answer_deinit(&batch->answers[i]);
	}
	waits_wake(&turn->waits, &batch->events);
	token_events_clear(&batch->events);
}

void turn_end(struct turn *turn)
{
	struct batch *batch = &turn->batch;

	if (!turn->begun)
		return;

	end_left(turn);
	commit(batch);
	print_answers(turn);
	log_answers(batch);
	send_answers(turn);
	allowlist_file_keep(&batch->resources->allowlist, &batch->now);
	resources_log_warnings(batch->resources);
	turn->accepts = batch->n = batch->bytes = 0;
	batch->has_changes = false;
	turn->begun = false;
}

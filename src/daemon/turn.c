/* SPDX-License-Identifier: ISC */

/*
 * A turn. Between turn_take() and turn_end() the store's changes are visible to the other requests
 * of the turn and to nobody else; what is answered is read from the verdicts after the commit.
 */

#include "daemon/turn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/turn-allowlist.h"
#include "daemon/turn-decide.h"
#include "daemon/turn-evidence.h"
#include "daemon/view.h"

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
	token_events_init(&turn->events);
}

void turn_deinit(struct turn *turn)
{
	waits_deinit(&turn->waits);
	watchers_deinit(&turn->watchers);
	token_events_deinit(&turn->events);
}

void turn_note(struct turn *turn, const struct token *token, const uid_t *by)
{
	token_events_add(&turn->events, token, by, &turn->now, turn->watchers.n > 0);
}

static void on_change(const struct token *token, const uid_t *by, void *userdata)
{
	turn_note(userdata, token, by);
}

void turn_refresh_policy(struct live_policy *live, const struct clock_time *now)
{
	switch (live_policy_refresh(live, now)) {
	case LIVE_POLICY_READ:
		log_text(LOG_INFO, LOG_ID_POLICY, "policy %s is in force, with %zu rules",
			bytes_str(&live->shown), policy_size(live->policy));
		break;
	case LIVE_POLICY_FAULTY:
		log_text(LOG_ERR, LOG_ID_POLICY, "%s: policy %s",
			live->policy ? "the policy before stays in force"
				     : "there is no policy to go by",
			bytes_str(&live->fault));
		break;
	default:
		break;
	}
}

const char *turn_closed(const struct turn *turn)
{
	const char *closed = store_closed(turn->store);

	if (!closed)
		closed = live_policy_closed(turn->live_policy);
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
	turn_refresh_policy(turn->live_policy, &turn->now.clock);
	store_prepare(turn->store, &turn->now);
	if (turn->evidence)
		evidence_prepare(turn->evidence, turn->store, &turn->now);
	allowlist_file_refresh(turn->allowlist, &turn->now);
	turn_log_warnings(turn);
	store_update(turn->store, &turn->now, on_change, turn);
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
	r = turn_decide(turn, conn, line, len, refused, waited_for, a);
	if (r < 0)
		drop_verdict(a);
	if (turn->state_dir && rests_on_record(a))
		state_dir_rely_on(turn->state_dir);
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
		|| turn->status->conns->unread < LIMIT_UNREAD)
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

/* Another daemon was faster: none of the turn's changes is on record. */
static void refuse_stale(struct turn *turn)
{
	struct answer *a;
	bool lost;

	for (size_t i = 0; i < turn->n; i++) {
		a = &turn->answers[i];
		if (!a->decided)
			continue;

		lost = a->verdict.change.to != TOKEN_ABSENT
			&& store_lost(turn->store, a->verdict.change.id);
		if (verdict_refuse(
			    &a->verdict, lost ? REASON_CHANGED_MEANWHILE : REASON_NOT_RECORDED)
			< 0)
			drop_verdict(a);
	}
}

/* `result`: of the store's commit. */
static void refuse_changes(struct turn *turn, int result)
{
	if (result == STORE_STALE)
		refuse_stale(turn);
	else
		refuse_all(turn, "the change", result);
}

void turn_end(struct turn *turn)
{
	uint64_t now;
	int r;

	if (!turn->begun)
		return;

	turn_evidence_announce(turn);
	r = store_commit(turn->store);
	if (r != STORE_DONE) {
		refuse_changes(turn, r);
		token_events_undo(&turn->events, r == STORE_STALE);
	}
	/* What an operator changed may fail yet; what an allow leaves must not be there before it.
	 */
	turn_allowlist_commit(turn, ALLOW_OF_OPERATORS);
	r = turn_evidence_write(turn);
	if (r < 0)
		refuse_all(turn, "the evidence", r);
	turn_allowlist_commit(turn, ALLOW_OF_TOKENS);
	turn_log_warnings(turn);
	log_answers(turn);

	/* Recording may have taken longer than a peer has for reading. */
	now = clock_now().boot;

	/* Before somebody begins to watch, who is told what is pending after all of this. */
	watchers_tell(&turn->watchers, &turn->events, now);
	for (size_t i = 0; i < turn->n; i++) {
		send_answer(turn, &turn->answers[i], now);
		turn_allowlist_note_use(turn, &turn->answers[i]);
		drop_verdict(&turn->answers[i]);
		bytes_deinit(&turn->answers[i].request);
		bytes_deinit(&turn->answers[i].what);
		bytes_deinit(&turn->answers[i].line);
		bytes_deinit(&turn->answers[i].changed);
	}
	waits_wake(&turn->waits, &turn->events);
	token_events_clear(&turn->events);
	allowlist_file_keep(turn->allowlist, &turn->now);
	turn_log_warnings(turn);
	log_flush();
	turn->n = turn->accepts = 0;
	turn->named.pid = 0;
	turn->begun = false;
}

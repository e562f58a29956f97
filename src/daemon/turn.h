/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A turn: the requests that are ready together are decided one after another, recorded with one
 * commit, and only then answered. turn_take() for each, then turn_end(); in between the turn holds
 * the connections. What is answered later, or not at an end, goes to `waits` and `watchers`.
 */

#include <stdbool.h>

#include "daemon/answer.h"
#include "daemon/conn.h"
#include "daemon/live-policy.h"
#include "daemon/status.h"
#include "daemon/token-events.h"
#include "daemon/wait.h"
#include "daemon/watch.h"
#include "gate/decide.h"
#include "ledger/allowlist/allowlist-file.h"
#include "ledger/evidence/evidence.h"
#include "ledger/state-dir.h"
#include "ledger/store/store.h"

struct turn {
	const struct settings *settings;
	struct state_dir *state_dir; /* or NULL */
	struct store *store;
	struct live_policy *live_policy;
	struct evidence *evidence; /* or NULL */
	struct allowlist_file *allowlist;
	const struct status_sources *status; /* what `status` tells */
	struct waits waits;
	struct watchers watchers;
	uint8_t boot_id[16];
	bool stopping; /* nothing is held back any more */

	bool begun;
	struct moment now;
	uint64_t clock; /* when the last was decided, in µs of the boot clock */
	size_t accepts;
	struct answer answers[LIMIT_TURN_REQUESTS];
	size_t n;
	struct token_events events;

	/* Whose process was looked up last (pid 0: nobody's), when, and its name, or "". */
	struct peer named;
	uint64_t named_at;
	char name[PEER_PROCESS_MAX];
};

/* Before the first turn, for what is the turn's own; turn_deinit() closes who is still held. */
void turn_init(struct turn *turn);
void turn_deinit(struct turn *turn);

/* Begins the turn where it hasn't: the time is read, and the store made ready. */
void turn_begin(struct turn *turn);

/* Whether it can take another request and another connection; and whether it is to end first. */
bool turn_has_room(const struct turn *turn);
bool turn_is_full(const struct turn *turn);

/* Whether it holds what must be recorded before it is answered, which others may share. */
bool turn_has_changes(const struct turn *turn);

/* Decides a request: a conn_request_fn, whose userdata is the turn. */
void turn_take(
	struct conn *conn, const char *line, size_t len, const char *refused, void *userdata);

/*
 * Decides what was held back and is ready now: first those whose token was decided, and later in
 * the turn those whose time is over (for the daemon that stops: all).
 */
void turn_take_ready(struct turn *turn);
void turn_take_over(struct turn *turn);

/* Why nothing may be decided; NULL where nothing stands against it. */
const char *turn_closed(const struct turn *turn);

/* Notes what became of a token, for those who wait for it; `by`: the operator who did it, or NULL.
 */
void turn_note(struct turn *turn, const struct token *token, const uid_t *by);

/* Reads the policy where it has changed, and logs what came of it. */
void turn_refresh_policy(struct live_policy *live, const struct clock_time *now);

/* Logs what the store, the allowlist and the log of evidence have to say by themselves. */
void turn_log_warnings(const struct turn *turn);

/* Commits, answers, logs. */
void turn_end(struct turn *turn);

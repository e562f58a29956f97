/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A turn: the requests that are ready together are decided one after another, recorded with one
 * commit, and only then answered. turn_take() for each, then turn_end(); in between the turn holds
 * the connections. An answer that is held back goes to `waits`, an operator who watches to
 * `watchers`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/batch.h"
#include "daemon/conn.h"
#include "daemon/resources.h"
#include "daemon/status.h"
#include "daemon/wait.h"
#include "daemon/watch.h"

struct turn {
	struct resources *resources;
	const struct status_sources *status;
	struct waits waits;
	struct watchers watchers;
	bool stopping; /* no answer is held back any more */

	bool begun;
	struct clock_time clock; /* when the last request was decided */
	size_t accepts;
	struct batch batch;
};

/* Before the first turn; turn_deinit() closes the connections that are still held. */
void turn_init(struct turn *turn);
void turn_deinit(struct turn *turn);

/* Begins the turn where it hasn't begun: the time is read, and the store made ready. */
void turn_begin(struct turn *turn);

/* Whether it can take another request and another connection; and whether it is to end first. */
bool turn_has_room(const struct turn *turn);
bool turn_is_full(const struct turn *turn);

/* Whether it holds what must be recorded before it is answered, and others may share the record. */
bool turn_has_changes(const struct turn *turn);

/* Decides a request: a conn_request_fn, whose userdata is the turn. */
void turn_take(
	struct conn *conn, const char *line, size_t len, const char *refused, void *userdata);

/*
 * Decides the requests that were held back and are ready now: first those whose token was decided,
 * and later in the turn those whose time is over (for a daemon that stops: all).
 */
void turn_take_ready(struct turn *turn);
void turn_take_over(struct turn *turn);

/* Commits, answers, logs. */
void turn_end(struct turn *turn);

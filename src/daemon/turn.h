/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A turn: decides the ready requests one after another, records them with one commit, and only then
 * answers them. Call turn_take() for each, then turn_end(); in between the turn owns the
 * connections. If an answer is held back, its connection goes to `waits`; that of an operator who
 * watches goes to `watchers`.
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
	bool stopping; /* the daemon stops: no answer is held back */

	bool begun;
	struct clock_time clock; /* when the turn began, or its last request was decided */
	size_t accepts;
	struct batch batch;
};

/* turn_init(): before the first turn. turn_deinit() closes the connections that are still held. */
void turn_init(struct turn *turn);
void turn_deinit(struct turn *turn);

/* Begins the turn, unless it has begun: reads the time and prepares the store. */
void turn_begin(struct turn *turn);

/*
 * turn_has_room(): whether the turn can take one more request and one more connection.
 * turn_is_full(): whether it must end first, for lack of room or time.
 */
bool turn_has_room(const struct turn *turn);
bool turn_is_full(const struct turn *turn);

/* Whether changes or evidence must be recorded: more requests can then share the commit. */
bool turn_has_changes(const struct turn *turn);

/* Decides a request. A conn_request_fn; its userdata is the turn. */
void turn_take(
	struct conn *conn, const char *line, size_t len, const char *refused, void *userdata);

/*
 * Decide requests that were held back. turn_take_ready(), early in the turn: those whose token was
 * decided. turn_take_over(), later: also those whose time is over, or all if the daemon stops.
 */
void turn_take_ready(struct turn *turn);
void turn_take_over(struct turn *turn);

/* Commits, answers, logs. */
void turn_end(struct turn *turn);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The loop: waits at the doors, runs turns, keeps the time, and ends when it is told to or when
 * nobody has asked for a while. loop_init(), then conns_init() with its event loop, then
 * loop_watch_doors(), loop_run(), and loop_deinit() in any case. What it points to is the daemon's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/conn.h"
#include "daemon/door.h"
#include "daemon/sd.h"
#include "daemon/turn.h"

#define LOOP_SIGNALS 3

/* A door's event source, which must know both. */
struct listener {
	struct loop *loop;
	const struct door *door;
	sd_event_source *source;
	bool paused;
};

struct loop {
	struct doors *doors;
	struct conns *conns;
	struct turn *turn;
	void (*after_turn)(void *userdata);
	void *userdata;
	uint64_t idle_timeout; /* µs, or CLOCK_NEVER */

	sd_event *event;
	sd_event_source *signals[LOOP_SIGNALS];
	sd_event_source *alarm_source;
	sd_event_source *store_source; /* NULL: the store has no other writers */
	int alarm;
	struct listener listeners[DOORS_MAX];
	size_t n_listeners;
	uint64_t alarm_at;     /* what it is set to */
	uint64_t idle_since;   /* CLOCK_NEVER while there are connections */
	uint64_t accept_again; /* CLOCK_NEVER unless accepting failed */
	bool more;             /* the last turn was full */
	bool stopping;         /* as told by a signal */
};

/* Blocks the signals that end the daemon, and watches for them. */
int loop_init(struct loop *loop);
void loop_deinit(struct loop *loop);

int loop_watch_doors(struct loop *loop);

/* Runs a turn whenever another writer has changed something in the store. */
int loop_watch_store(struct loop *loop);

/* Until it ends; `stopping` then says which way. */
int loop_run(struct loop *loop);

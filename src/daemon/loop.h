/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The event loop: waits at the doors, runs turns, handles timeouts. It ends on a signal or when the
 * daemon is idle. Call loop_init(), then conns_init() with its `event`, loop_watch_doors(),
 * loop_run(); loop_deinit() in any case. The daemon owns everything that the pointers refer to.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/conn.h"
#include "daemon/door.h"
#include "daemon/sd.h"
#include "daemon/turn.h"

#define LOOP_SIGNALS 3

/* The userdata of a door's event source. */
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
	uint64_t alarm_at;     /* when the alarm goes off, µs of the boot clock */
	uint64_t idle_since;   /* µs of the boot clock; CLOCK_NEVER while there are connections */
	uint64_t accept_again; /* µs of the boot clock; CLOCK_NEVER unless accept() failed */
	bool more;             /* the next turn must not wait: requests are left */
	bool stopping;         /* a signal has arrived */
};

/* Blocks the signals that end the daemon, and watches for them. On error call loop_deinit(). */
int loop_init(struct loop *loop);
void loop_deinit(struct loop *loop);

int loop_watch_doors(struct loop *loop);

/* Runs a turn each time another writer has changed the store. */
int loop_watch_store(struct loop *loop);

/* Runs until the daemon ends: by a signal if `stopping`, else because it is idle. */
int loop_run(struct loop *loop);

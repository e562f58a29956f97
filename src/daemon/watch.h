/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Operators that watch: connections which hear each event as it comes, until they go or the daemon
 * stops. One that doesn't read for as long as a reply may take is closed, and so is one that can't
 * be told all: whoever connects again hears what is pending, so that nothing is missed unnoticed.
 * Each may owe the same share of LIMIT_UNREAD, so that none is closed for what others don't read.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "daemon/token-events.h"

struct watcher;

struct watchers {
	TAILQ_HEAD(watcher_list, watcher) list;
	size_t n;
};

void watchers_init(struct watchers *watchers);

/* Closes all that are left. */
void watchers_deinit(struct watchers *watchers);

/* A new one, told `first` at once. Error: the connection is still the caller's. */
int watchers_add(
	struct watchers *watchers, struct conn *conn, const struct bytes *first, uint64_t now);

/* Tells all of them what happened. `now` is µs of the boot clock, here and below. */
void watchers_tell(struct watchers *watchers, const struct token_events *events, uint64_t now);

/* The last line for all of them, and the end. */
void watchers_end(struct watchers *watchers, const char *line, uint64_t now);

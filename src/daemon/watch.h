/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Watchers: operators' connections that are sent each event as it happens, until they close or the
 * daemon stops. A watcher is closed if it doesn't read for LIMIT_EXCHANGE_TIME, or if an event
 * can't be sent to it: after it connects again it is sent all pending tokens, so a gap never goes
 * unnoticed. Each watcher may have an equal share of LIMIT_UNREAD unread, so that a slow one
 * doesn't close the others.
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

/* Closes all connections that are left. */
void watchers_deinit(struct watchers *watchers);

/*
 * Adds a watcher and sends it `first`; takes ownership of `conn`. On error `conn` still belongs to
 * the caller.
 */
int watchers_add(
	struct watchers *watchers, struct conn *conn, const struct bytes *first, uint64_t now);

/* Sends the events to all watchers. `now`: µs of the boot clock, here and below. */
void watchers_tell(struct watchers *watchers, const struct token_events *events, uint64_t now);

/* Sends a last line to all watchers, and closes them. */
void watchers_end(struct watchers *watchers, const char *line, uint64_t now);

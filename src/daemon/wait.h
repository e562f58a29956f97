/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Requests whose answer is held back until somebody decides about their token, or their time is
 * over (design, section 4: wait_ms). None is decided here: one that is ready is taken out, and
 * decided anew as a retry with its token. There are at most as many as connections, so that lists
 * do.
 *
 *	waits_hold() --waits_wake(), waits_expire(), waits_wake_all()--> ready --waits_take()-->
 *	     \---------------------- the peer is gone: forgotten, and its token stays as it is
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "daemon/token-events.h"

struct wait {
	struct waits *waits;
	struct conn *conn;
	struct bytes line; /* the request, to be read again: smaller than what was read from it */
	uint8_t token_id[TOKEN_ID_LEN];
	uint64_t deadline; /* µs of the boot clock */
	bool ready;
	TAILQ_ENTRY(wait) order;
};

struct waits {
	TAILQ_HEAD(wait_list, wait) held, ready; /* the oldest first */
	size_t n;
};

void waits_init(struct waits *waits);

/* Closes all that are left. */
void waits_deinit(struct waits *waits);

/*
 * Holds a connection, until µs of the boot clock; takes the line over. Error: the connection is
 * still the caller's, and so is the line.
 */
int waits_hold(struct waits *waits, struct conn *conn, struct bytes *line,
	const uint8_t token_id[static TOKEN_ID_LEN], uint64_t deadline);

/* Those whose token was decided; those whose time is over; everyone, since the daemon stops. */
void waits_wake(struct waits *waits, const struct token_events *events);
void waits_expire(struct waits *waits, uint64_t now);
void waits_wake_all(struct waits *waits);

/*
 * The oldest that is ready and whose peer is there, to be freed with wait_free(); its connection is
 * the caller's then. NULL where there is none.
 */
struct wait *waits_take(struct waits *waits);
void wait_free(struct wait *wait);

bool waits_has_ready(const struct waits *waits);

/* When waits_expire() has something to do; CLOCK_NEVER for never. */
uint64_t waits_due(const struct waits *waits);

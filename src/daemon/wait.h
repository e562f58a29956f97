/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Requests whose answer is held back until their token is decided or their time is over (design,
 * section 4: wait_ms). No request is decided here: the caller takes out a ready one and decides it
 * again, as a retry with its token. There are at most as many as connections, so lists are fast
 * enough.
 *
 *	waits_hold() --waits_wake(), waits_expire(), waits_wake_all()--> ready --waits_take()-->
 *	     \---------------------- the peer is gone: removed; its token stays as it is,
 *	                              or goes to waits_take_left()
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
	struct bytes line; /* the request, to be parsed again: smaller than the parsed one */
	uint8_t token_id[TOKEN_ID_LEN];
	uint64_t deadline;   /* µs of the boot clock */
	uint64_t asked_wall; /* when the question was asked, µs of the wall clock */
	bool ready;
	bool owns_token; /* only this peer can use the token */
	TAILQ_ENTRY(wait) order;
};

struct waits {
	TAILQ_HEAD(wait_list, wait) held, ready; /* the oldest first */
	struct wait_list left;                   /* owned a token, and have no peer any more */
	size_t n;
};

void waits_init(struct waits *waits);

/* Closes all connections that are left. */
void waits_deinit(struct waits *waits);

/*
 * Holds a connection until `deadline` (µs of the boot clock); takes ownership of `conn` and the
 * line. `owns_token`: see struct wait. On error both still belong to the caller.
 */
int waits_hold(struct waits *waits, struct conn *conn, struct bytes *line,
	const uint8_t token_id[static TOKEN_ID_LEN], bool owns_token, uint64_t deadline,
	uint64_t asked_wall);

/*
 * Make requests ready: those whose token was decided, or got one of several approvals; those whose
 * time is over; all (the daemon stops).
 */
void waits_wake(struct waits *waits, const struct token_events *events);
void waits_expire(struct waits *waits, uint64_t now);
void waits_wake_all(struct waits *waits);

/*
 * Takes out the oldest ready request whose peer is still connected. The caller frees it with
 * wait_free(), and owns its connection. NULL if there is none.
 */
struct wait *waits_take(struct waits *waits);
void wait_free(struct wait *wait);

/* Takes out the next token that ends because its asker has left; false: there is none. */
bool waits_take_left(struct waits *waits, uint8_t ret[static TOKEN_ID_LEN]);

bool waits_has_ready(const struct waits *waits);

/* The next deadline for waits_expire(), µs of the boot clock; CLOCK_NEVER if there is none. */
uint64_t waits_due(const struct waits *waits);

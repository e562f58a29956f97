/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Connections: one request each, one reply, close (design, section 4). struct conns reads them and
 * enforces their limits and timeouts; on_request() decides what a request means.
 *
 *	READING --request complete, or refused--> ANSWERING --conn_answer()--> WRITING --> closed
 *	   \--time is over, too long: refused--/      |                          /
 *	                                     conn_stream()--> STREAMING --conn_answer()
 *
 * on_request() is called once for each connection: from conns_accept(), from an event, or from
 * conns_expire(). The line is valid only during the call. The connection then waits for
 * conn_answer(), without a time limit of its own.
 *
 * If the answer comes in a later turn, the caller calls conn_hold() first; `gone` tells it that the
 * peer is gone. A peer that closed only its sending side isn't gone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/map.h"
#include "daemon/door.h"
#include "daemon/peer.h"
#include "daemon/sd.h"
#include "gate/limits.h"

enum conn_state { CONN_READING, CONN_ANSWERING, CONN_WRITING, CONN_STREAMING };

struct conns;
struct conn;

/* The peer is gone, or doesn't read. The connection is closed after this call. */
typedef void (*conn_gone_fn)(struct conn *conn, void *holder);

struct conn {
	struct conns *conns;
	int fd;
	enum conn_state state;
	const struct door *door;
	struct peer peer;
	struct client *client;
	struct bytes in, out;
	bool read_all;    /* the last read ended with the request's newline */
	size_t in_flight; /* bytes that count for this connection */
	size_t sent;
	uint64_t deadline; /* µs of the boot clock, while reading or writing; else CLOCK_NEVER */
	conn_gone_fn gone; /* callback of the holder, or NULL */
	void *holder;
	TAILQ_ENTRY(conn) order;
	sd_event_source *source; /* NULL while no event is awaited */
};

/*
 * A request: its line without the newline, or NULL and the reason why it is refused unread. `line`
 * is valid only during this call.
 */
typedef void (*conn_request_fn)(
	struct conn *conn, const char *line, size_t len, const char *refused, void *userdata);

struct conns {
	sd_event *event;
	conn_request_fn on_request;
	void *userdata;
	size_t max; /* LIMIT_CONNECTIONS, or fewer if descriptors are short */
	size_t max_request;
	char too_long[96]; /* the reason, with that number */
	size_t in_flight;  /* at most LIMIT_IN_FLIGHT */
	size_t n;
	size_t unread;                     /* bytes of replies that are not fully sent */
	struct map clients;                /* by uid and role of the door */
	TAILQ_HEAD(conn_list, conn) order; /* connections with a deadline, the soonest first */
	char scratch[LIMIT_REQUEST + 1];   /* buffer for recv(); longer requests come in parts */
};

/* `max_request`: the longest request line, with its newline. */
void conns_init(struct conns *conns, sd_event *event, size_t max_request, conn_request_fn fn,
	void *userdata);

/* Closes the connections that are left. Held ones must be closed before: turn_deinit(). */
void conns_deinit(struct conns *conns);

/* Whether a door of this role may accept one more; if not, leave it in the listen queue. */
bool conns_have_room(const struct conns *conns, enum role role);

/*
 * Takes ownership of an accepted descriptor (also on failure) and reads what has arrived. `now`: µs
 * of the boot clock.
 */
int conns_accept(struct conns *conns, const struct door *door, int fd, const struct peer *peer,
	uint64_t now);

/*
 * Refuses (if reading) or closes (if writing) one connection whose time is over; false if none is.
 */
bool conns_expire(struct conns *conns, uint64_t now);

/* The next deadline for conns_expire(), µs of the boot clock; CLOCK_NEVER if there is none. */
uint64_t conns_due(const struct conns *conns);

/* For a daemon that stops: refuses one connection that is still reading; false if none is. */
bool conns_refuse(struct conns *conns, const char *why);

/* Sends the reply, takes over its memory, and closes. The caller must not use `conn` after it. */
void conn_answer(struct conn *conn, struct bytes *reply, uint64_t now);

/*
 * Keeps a connection whose answer comes in a later turn. `gone` is called at most once, and never
 * after conn_answer(). On error nothing has changed.
 */
int conn_hold(struct conn *conn, conn_gone_fn gone, void *holder);

/* Undoes conn_hold(): the answer comes in this turn, and `gone` is not called any more. */
void conn_release(struct conn *conn);

/*
 * Sets how many bytes of a request are kept for the connection until it is freed. False if a limit
 * would be exceeded: the number then stays as it was.
 */
bool conn_count_bytes(struct conn *conn, size_t n);

/*
 * From now on, counts the connection and its bytes against the limits of `uid` instead of its
 * peer's: the peer, root, asks on behalf of that user. Returns 0; or CONN_OVER_LIMIT if that uid
 * has too many connections, or -ENOMEM, and then nothing has changed.
 */
enum { CONN_OVER_LIMIT = 1 };
int conn_charge(struct conn *conn, uid_t uid);

/* The reason for CONN_OVER_LIMIT. */
#define CONN_TOO_MANY "limit reached: a uid has at most 256 connections at a time"

/* The reason if conn_count_bytes() returns false. */
#define CONN_IN_FLIGHT \
	"limit reached: requests of one uid that arrive or wait take at most 4 MiB, all 64 MiB"

/* Whether the peer of a held connection is still connected. */
bool conn_is_there(const struct conn *conn);

/*
 * Sends one part of a longer reply, on a held connection. On error the connection can only be
 * closed.
 */
int conn_stream(struct conn *conn, const char *text, size_t len, uint64_t now);

/* Closes without sending anything. Does not call `gone`. */
void conn_free(struct conn *conn);

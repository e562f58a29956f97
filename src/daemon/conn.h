/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Connections: one request each, one reply, close (design, section 4). The set reads, bounds and
 * times them; what a request means is decided by whoever gets on_request().
 *
 *	READING --request complete, or refused--> ANSWERING --conn_answer()--> WRITING --> closed
 *	   \--time is over, too long: refused--/      |                          /
 *	                                     conn_stream()--> STREAMING --conn_answer()
 *
 * on_request() is called once for each connection, from conns_accept(), from an event, or from
 * conns_expire(). The connection then waits for its conn_answer(), however long, without a time
 * limit of its own; nothing may be kept of the line beyond the call.
 *
 * Whoever lets it wait beyond the turn calls conn_hold() first, and hears when the peer is gone. A
 * peer that only closed its sending side isn't gone.
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

/* The peer is gone, or doesn't read: the connection is closed after the call. */
typedef void (*conn_gone_fn)(struct conn *conn, void *holder);

struct conn {
	struct conns *conns;
	int fd;
	enum conn_state state;
	const struct door *door;
	struct peer peer;
	struct client *client;
	struct bytes in, out;
	size_t sent;
	uint64_t deadline; /* µs of the boot clock, while something is to be read or written */
	conn_gone_fn gone; /* whoever holds it, or NULL */
	void *holder;
	TAILQ_ENTRY(conn) order;
	sd_event_source *source; /* NULL while nothing is awaited */
};

/*
 * A request: its line without the newline, or NULL and why it is refused unread. The line is only
 * there during the call.
 */
typedef void (*conn_request_fn)(
	struct conn *conn, const char *line, size_t len, const char *refused, void *userdata);

struct conns {
	sd_event *event;
	conn_request_fn on_request;
	void *userdata;
	size_t max; /* LIMIT_CONNECTIONS, or fewer where descriptors are short */
	size_t n;
	size_t unread;                     /* bytes of replies that are being written */
	struct map clients;                /* by uid and role of the door */
	TAILQ_HEAD(conn_list, conn) order; /* of those with a deadline, soonest first */
	char scratch[LIMIT_REQUEST + 1];   /* what is just being read */
};

void conns_init(struct conns *conns, sd_event *event, conn_request_fn fn, void *userdata);

/* Closes all that are left. */
void conns_deinit(struct conns *conns);

/* Whether one more may be accepted at such a door; if not, leave it in the listener's queue. */
bool conns_have_room(const struct conns *conns, enum role role);

/*
 * Takes an accepted descriptor over (also on failure) and reads what is there. `now` is µs of the
 * boot clock.
 */
int conns_accept(struct conns *conns, const struct door *door, int fd, const struct peer *peer,
	uint64_t now);

/* Refuses (reading) or closes (writing) one whose time is over; false where there is none. */
bool conns_expire(struct conns *conns, uint64_t now);

/* When conns_expire() has something to do next; CLOCK_NEVER for never. */
uint64_t conns_due(const struct conns *conns);

/* Refuses one that is still reading, since the daemon stops; false where there is none. */
bool conns_refuse(struct conns *conns, const char *why);

/* Sends the reply, whose memory is taken over, and closes. The connection is gone for the caller.
 */
void conn_answer(struct conn *conn, struct bytes *reply, uint64_t now);

/*
 * Keeps a connection that is to be answered in another turn; `gone` is called at most once, and no
 * more after conn_answer(). Error: nothing changed.
 */
int conn_hold(struct conn *conn, conn_gone_fn gone, void *holder);

/* Undoes that: it is answered in this turn, and nobody hears any more that its peer is gone. */
void conn_release(struct conn *conn);

/* Whether the peer of a held connection is there at this moment. */
bool conn_is_there(const struct conn *conn);

/*
 * Sends a part of a reply that goes on, on a held connection. Error: the connection is of no more
 * use.
 */
int conn_stream(struct conn *conn, const char *text, size_t len, uint64_t now);

/* Closes without a word. */
void conn_free(struct conn *conn);

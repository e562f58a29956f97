/* SPDX-License-Identifier: ISC */

/*
 * Connections. A connection is in `order` while it has a deadline. It has an event source while it
 * waits for its peer to send, to read, or to hang up. Each deadline is LIMIT_EXCHANGE_TIME after it
 * is set, so appending keeps `order` sorted.
 */

#include "daemon/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * A client: one uid at the doors of one role. If a uid may use both doors, its connections as an
 * agent don't count against its connections as an operator.
 */
struct client_key {
	uid_t uid;
	enum role role;
};

/* Freed with its last connection. */
struct client {
	struct client_key key;
	size_t n;
	size_t in_flight;
};

#define TOO_SLOW_REASON "limit reached: a request must arrive within 10 seconds"

_Static_assert(LIMIT_IN_FLIGHT >> 20 == 64, "CONN_IN_FLIGHT names it");
_Static_assert(LIMIT_IN_FLIGHT_UIDS == 16, "CONN_IN_FLIGHT names it");
_Static_assert(LIMIT_EXCHANGE_TIME == 10 * CLOCK_SECOND, "TOO_SLOW_REASON names it");
_Static_assert(LIMIT_CONNECTIONS_OF_UID == 256, "CONN_TOO_MANY names it");

void conns_init(struct conns *conns, sd_event *event, size_t max_request, conn_request_fn fn,
	void *userdata)
{
	conns->event = event;
	conns->on_request = fn;
	conns->userdata = userdata;
	conns->max = LIMIT_CONNECTIONS;
	conns->max_request = max_request;
	snprintf(conns->too_long, sizeof(conns->too_long),
		"limit reached: a request takes at most %zu bytes with its newline", max_request);
	conns->in_flight = 0;
	conns->n = 0;
	conns->unread = 0;
	map_init(&conns->clients, sizeof(struct client_key));
	TAILQ_INIT(&conns->order);
}

void conns_deinit(struct conns *conns)
{
	while (!TAILQ_EMPTY(&conns->order))
		conn_free(TAILQ_FIRST(&conns->order));
	map_deinit(&conns->clients);
}

bool conns_have_room(const struct conns *conns, enum role role)
{
	size_t max = conns->max, reserved = max / 2;

	if (reserved > LIMIT_CONNECTIONS_RESERVED)
		reserved = LIMIT_CONNECTIONS_RESERVED;
	return conns->n < (role == ROLE_AGENT ? max - reserved : max);
}

static struct client *client_join(struct conns *conns, uid_t uid, enum role role)
{
	const struct client_key key = { .uid = uid, .role = role };
	struct client *client;

	client = map_get(&conns->clients, &key);
	if (!client) {
		client = calloc(1, sizeof(*client));
		if (!client)
			return NULL;

		client->key = key;
		if (map_put(&conns->clients, &client->key, client) < 0) {
			free(client);
			return NULL;
		}
	}
	client->n++;
	return client;
}

static void client_leave(struct conns *conns, struct client *client)
{
	if (--client->n > 0)
		return;

	map_remove(&conns->clients, &client->key);
	free(client);
}

static void stop_deadline(struct conn *conn)
{
	if (conn->deadline == CLOCK_NEVER)
		return;

	TAILQ_REMOVE(&conn->conns->order, conn, order);
	conn->deadline = CLOCK_NEVER;
}

static void start_deadline(struct conn *conn, uint64_t now)
{
	conn->deadline = now + LIMIT_EXCHANGE_TIME;
	TAILQ_INSERT_TAIL(&conn->conns->order, conn, order);
}

static void stop_source(struct conn *conn)
{
	if (conn->source)
		conn->source = sd.event_source_disable_unref(conn->source);
}

/* The one place that sets a connection's state. */
static void set_state(struct conn *conn, enum conn_state state, uint64_t now)
{
	stop_source(conn);
	stop_deadline(conn);
	conn->state = state;
	if (state != CONN_ANSWERING)
		start_deadline(conn, now);
}

/* Closes the connection; its holder, if any, is told that the peer is gone. */
static void give_up(struct conn *conn)
{
	if (conn->gone)
		conn->gone(conn, conn->holder);
	conn_free(conn);
}

bool conn_count_bytes(struct conn *conn, size_t n)
{
	size_t *all = &conn->conns->in_flight, *own = &conn->client->in_flight;

	if (n > LIMIT_IN_FLIGHT - (*all - conn->in_flight)
		|| n > LIMIT_IN_FLIGHT / LIMIT_IN_FLIGHT_UIDS - (*own - conn->in_flight))
		return false;

	*all += n - conn->in_flight;
	*own += n - conn->in_flight;
	conn->in_flight = n;
	return true;
}

int conn_charge(struct conn *conn, uid_t uid)
{
	struct client *client, *before = conn->client;

	if (before->key.uid == uid)
		return 0;

	client = client_join(conn->conns, uid, before->key.role);
	if (!client)
		return -ENOMEM;
	if (client->n > LIMIT_CONNECTIONS_OF_UID
		|| conn->in_flight > LIMIT_IN_FLIGHT / LIMIT_IN_FLIGHT_UIDS - client->in_flight) {
		client_leave(conn->conns, client);
		return CONN_OVER_LIMIT;
	}
	before->in_flight -= conn->in_flight;
	client->in_flight += conn->in_flight;
	client_leave(conn->conns, before);
	conn->client = client;
	return 0;
}

void conn_free(struct conn *conn)
{
	stop_source(conn);
	stop_deadline(conn);
	(void)conn_count_bytes(conn, 0);
	client_leave(conn->conns, conn->client);
	conn->conns->n--;
	conn->conns->unread -= conn->out.len;
	bytes_deinit(&conn->in);
	bytes_deinit(&conn->out);
	close(conn->fd);
	free(conn);
}

/*
 * If unread bytes were left, close(2) would reset the connection and the reply would be lost. Most
 * peers send nothing after their request: the system call is for the others.
 */
static void drain(struct conn *conn)
{
	size_t left = LIMIT_DRAIN;
	ssize_t n;

	while (left > 0) {
		n = recv(conn->fd, conn->conns->scratch, left, MSG_DONTWAIT);
		if (n <= 0)
			break;
		left -= (size_t)n;
	}
}

static void give_request(struct conn *conn, const char *line, size_t len, const char *refused)
{
	set_state(conn, CONN_ANSWERING, 0);
	conn->conns->on_request(conn, line, len, refused, conn->conns->userdata);
}

/* The scratch buffer has `n` new bytes; 0: the peer sends no more. */
static int take_input(struct conn *conn, size_t n)
{
	const char *scratch = conn->conns->scratch;
	const char *newline = memchr(scratch, '\n', n);
	const size_t len = newline ? (size_t)(newline - scratch) : n;
	int r;

	conn->read_all = newline && len + 1 == n;

	/* The common case: the whole request arrives at once, and needs no copy. */
	if (newline && conn->in.len == 0) {
		give_request(conn, scratch, len, NULL);
		return 0;
	}

	if (!conn_count_bytes(conn, conn->in.len + len)) {
		give_request(conn, NULL, 0, CONN_IN_FLIGHT);
		return 0;
	}
	r = bytes_append(&conn->in, scratch, len);
	if (r < 0)
		return r;

	if (newline || n == 0)
		give_request(conn, bytes_str(&conn->in), conn->in.len, NULL);
	else if (conn->in.len >= conn->conns->max_request)
		give_request(conn, NULL, 0, conn->conns->too_long);
	return 0;
}

/* Reads once. On error the connection can only be closed. */
static int conn_read(struct conn *conn)
{
	size_t room = conn->conns->max_request - conn->in.len;
	ssize_t n;

	if (room > LIMIT_REQUEST)
		room = LIMIT_REQUEST;
	n = recv(conn->fd, conn->conns->scratch, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;

	return take_input(conn, (size_t)n);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata);

static int wait_for(struct conn *conn, uint32_t events)
{
	return sd.event_add_io(conn->conns->event, &conn->source, conn->fd, events, on_io, conn);
}

/* All is sent, and the stream goes on: waits only for a hang-up. */
static int rest(struct conn *conn)
{
	stop_source(conn);
	stop_deadline(conn);
	conn->conns->unread -= conn->out.len;
	bytes_deinit(&conn->out);
	bytes_init(&conn->out, BYTES_PRINTED_MAX);
	conn->sent = 0;
	return wait_for(conn, EPOLLHUP);
}

/*
 * Sends as much as the socket takes. Closes after all is sent, unless streaming. Error as in
 * conn_read().
 */
static int conn_write(struct conn *conn)
{
	ssize_t n;

	while (conn->sent < conn->out.len) {
		n = send(conn->fd, conn->out.data + conn->sent, conn->out.len - conn->sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return -errno;
			return conn->source ? 0 : wait_for(conn, EPOLLOUT);
		}
		conn->sent += (size_t)n;
	}

	if (conn->state == CONN_STREAMING)
		return rest(conn);
	if (!conn->read_all)
		drain(conn);
	conn_free(conn);
	return 0;
}

/* Held connections, and streams with nothing left to send, wait only for a hang-up. */
static bool has_hung_up(const struct conn *conn, uint32_t events)
{
	return (events & (EPOLLHUP | EPOLLERR)) != 0
		&& (conn->state == CONN_ANSWERING || conn->state == CONN_STREAMING);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct conn *conn = userdata;
	int r;

	(void)source;
	(void)fd;
	if (has_hung_up(conn, events))
		r = -EPIPE;
	else
		r = conn->state == CONN_READING ? conn_read(conn) : conn_write(conn);
	if (r < 0)
		give_up(conn);
	return 0;
}

int conns_accept(
	struct conns *conns, const struct door *door, int fd, const struct peer *peer, uint64_t now)
{
	struct conn *conn;
	int r;

	conn = calloc(1, sizeof(*conn));
	if (!conn) {
		close(fd);
		return -ENOMEM;
	}

	*conn = (struct conn){
		.conns = conns,
		.fd = fd,
		.door = door,
		.peer = *peer,
		.client = client_join(conns, peer->uid, door->role),
		.deadline = CLOCK_NEVER,
	};
	if (!conn->client) {
		close(fd);
		free(conn);
		return -ENOMEM;
	}
	conns->n++;
	bytes_init(&conn->in, conns->max_request);
	bytes_init(&conn->out, BYTES_PRINTED_MAX);
	set_state(conn, CONN_READING, now);

	if (conn->client->n > LIMIT_CONNECTIONS_OF_UID) {
		give_request(conn, NULL, 0, CONN_TOO_MANY);
		return 0;
	}

	r = conn_read(conn);
	if (r >= 0 && conn->state == CONN_READING)
		r = wait_for(conn, EPOLLIN);
	if (r < 0)
		conn_free(conn);
	return r;
}

bool conns_expire(struct conns *conns, uint64_t now)
{
	struct conn *conn = TAILQ_FIRST(&conns->order);

	if (!conn || conn->deadline > now)
		return false;

	if (conn->state == CONN_READING)
		give_request(conn, NULL, 0, TOO_SLOW_REASON);
	else
		give_up(conn);
	return true;
}

uint64_t conns_due(const struct conns *conns)
{
	const struct conn *conn = TAILQ_FIRST(&conns->order);

	return conn ? conn->deadline : CLOCK_NEVER;
}

bool conns_refuse(struct conns *conns, const char *why)
{
	struct conn *conn;

	TAILQ_FOREACH (conn, &conns->order, order) {
		if (conn->state != CONN_READING)
			continue;
		give_request(conn, NULL, 0, why);
		return true;
	}
	return false;
}

void conn_answer(struct conn *conn, struct bytes *reply, uint64_t now)
{
	bool more = conn->out.len > 0; /* unsent bytes of a stream */

	if (more && bytes_append(&conn->out, bytes_str(reply), reply->len) < 0) {
		conn_free(conn);
		return;
	}
	conn->conns->unread += reply->len;
	if (!more) {
		conn->out = *reply;
		bytes_init(reply, BYTES_PRINTED_MAX);
	}
	conn->gone = NULL;
	set_state(conn, CONN_WRITING, now);
	if (conn_write(conn) < 0)
		conn_free(conn);
}

int conn_hold(struct conn *conn, conn_gone_fn gone, void *holder)
{
	int r;

	r = wait_for(conn, EPOLLHUP);
	if (r < 0)
		return r;

	bytes_deinit(&conn->in); /* no more input is read while the connection is held */
	bytes_init(&conn->in, conn->conns->max_request);
	conn->gone = gone;
	conn->holder = holder;
	return 0;
}

void conn_release(struct conn *conn)
{
	stop_source(conn);
	conn->gone = NULL;
}

bool conn_is_there(const struct conn *conn)
{
	struct pollfd p = { .fd = conn->fd };

	return poll(&p, 1, 0) == 0;
}

int conn_stream(struct conn *conn, const char *text, size_t len, uint64_t now)
{
	bool resting = conn->out.len == 0;
	int r;

	r = bytes_append(&conn->out, text, len);
	if (r < 0)
		return r;

	conn->conns->unread += len;
	if (!resting)
		return 0;

	set_state(conn, CONN_STREAMING, now);
	return conn_write(conn);
}

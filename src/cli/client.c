/* SPDX-License-Identifier: ISC */

/* The client's side of an exchange. */

#include "cli/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/await.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/users.h"
#include "cli/trusted-socket.h"
#include "daemon/peer.h"

#define SCHEME "unix://"
#define SYSTEM_DIR "/run/firma"
#define DAEMON_USER "firma"

#define READ_SIZE ((size_t)16 << 10)

/* A listener whose queue is full can't be waited for with poll(2). */
#define CONNECT_PAUSE (20 * CLOCK_MS)

static const struct {
	const char *variable, *name;
} places[] = {
	[CLIENT_AGENT] = { "FIRMA_SOCKET", "agent.sock" },
	[CLIENT_OPERATOR] = { "FIRMA_OPERATOR_SOCKET", "operator.sock" },
};

/* Stores the sentence "PATH: text" in `why`; the result is negative. */
static int __attribute__((format(printf, 2, 3))) fail(struct client *c, const char *format, ...)
{
	va_list ap;

	bytes_clear(&c->why);
	if (c->path)
		bytes_appendf(&c->why, "%s: ", c->path);
	va_start(ap, format);
	bytes_vappendf(&c->why, format, ap);
	va_end(ap);
	return -EIO;
}

const char *client_strip_scheme(const char *path)
{
	return strncmp(path, SCHEME, sizeof(SCHEME) - 1) == 0 ? path + sizeof(SCHEME) - 1 : path;
}

/* Returns the path to connect to; NULL if out of memory. */
static char *find_path(enum client_door door, const char *given)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *variable = getenv(places[door].variable);
	char *path;

	if (given)
		return strdup(client_strip_scheme(given));
	if (variable && variable[0])
		return strdup(client_strip_scheme(variable));

	if (runtime && runtime[0] == '/' && geteuid() != 0) {
		if (asprintf(&path, "%s/firma/%s", runtime, places[door].name) < 0)
			return NULL;
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return asprintf(&path, SYSTEM_DIR "/%s", places[door].name) < 0 ? NULL : path;
}

/* The time until the deadline, in µs. */
static uint64_t time_left(const struct client *c)
{
	uint64_t now = clock_now().boot;

	return c->deadline > now ? c->deadline - now : 0;
}

static int fail_late(struct client *c)
{
	return fail(c, "no answer in time");
}

/* Waits until the socket is readable or writable. */
static int await(struct client *c, short events)
{
	int r;

	if (time_left(c) == 0)
		return fail_late(c);

	r = await_events(c->fd, events, c->deadline);
	if (r == -ETIME)
		return fail_late(c);
	return r < 0 ? fail(c, "%s", strerror(-r)) : 0;
}

/* The most common cause of an error of connect(2). */
static const char *likely_cause(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return " (no daemon there?)";
	case EACCES:
		return " (not in its group at login?)";
	default:
		return "";
	}
}

/*
 * connect(2) waits while the listener's queue is full; SO_SNDTIMEO limits that wait. With a `stop`,
 * it is tried again and again instead.
 */
static int try_to_connect(struct client *c, const struct sockaddr_un *address, int stop)
{
	int error;

	for (;;) {
		if (connect(c->fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return 0;
		error = errno;
		if (stop < 0 || error != EAGAIN || time_left(c) == 0)
			return -error;
		if (await_events(stop, POLLIN, clock_now().boot + CONNECT_PAUSE) != -ETIME)
			return -ECANCELED;
	}
}

static int connect_to(struct client *c, const char *path, int stop)
{
	const int flags = SOCK_STREAM | SOCK_CLOEXEC | (stop < 0 ? 0 : SOCK_NONBLOCK);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint64_t left = time_left(c);
	struct timeval time = {
		.tv_sec = (time_t)(left / CLOCK_SECOND),
		.tv_usec = (suseconds_t)(left % CLOCK_SECOND),
	};
	int r;

	if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path))
		return fail(c, "a socket's path has 1 to %zu bytes", sizeof(address.sun_path) - 1);
	if (left == 0)
		return fail_late(c); /* a timeout of 0 would wait forever */
	memcpy(address.sun_path, path, strlen(path));

	c->fd = socket(AF_UNIX, flags, 0);
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) < 0)
		return fail(c, "%s", strerror(errno));

	r = try_to_connect(c, &address, stop);
	if (r >= 0 || r == -ECANCELED)
		return r;
	if (r == -EAGAIN || r == -EINPROGRESS)
		return fail_late(c);
	fail(c, "%s%s", strerror(-r), likely_cause(-r));
	return r == -EACCES ? r : -EIO;
}

static bool is_daemon_user(uid_t uid)
{
	uid_t daemon;

	return users_find(DAEMON_USER, &daemon) == 0 && daemon == uid;
}

static bool is_wanted(uid_t uid, enum client_peer peer)
{
	switch (peer) {
	case CLIENT_PEER_ROOT:
		return uid == 0;
	case CLIENT_PEER_FIRMA:
		return uid == 0 || is_daemon_user(uid);
	case CLIENT_PEER_OTHER:
		return uid != geteuid() && (uid == 0 || is_daemon_user(uid));
	default:
		return uid == geteuid() || uid == 0 || is_daemon_user(uid);
	}
}

/* SO_PEERCRED of a connected socket is the process that called listen(2): unix(7). */
int client_require_peer(struct client *c, enum client_peer peer)
{
	static const char *const unlike[] = {
		[CLIENT_PEER_ANY] = "neither you, nor root, nor the user " DAEMON_USER,
		[CLIENT_PEER_ROOT] = "not root",
		[CLIENT_PEER_FIRMA] = "neither the user " DAEMON_USER " nor root",
		[CLIENT_PEER_OTHER] = "you, or neither the user " DAEMON_USER " nor root",
	};
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return fail(c, "%s", strerror(errno));

	if (cred.uid == PEER_OVERFLOW_ID && c->trusts_place)
		return 0;
	if (cred.uid == PEER_OVERFLOW_ID)
		return fail(c, "the listener has no uid here");
	if (is_wanted(cred.uid, peer))
		return 0;
	return fail(c, "uid %u listens there, who is %s", (unsigned int)cred.uid, unlike[peer]);
}

static int init(struct client *c, const char *path, uint64_t timeout)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	uint64_t now = clock_now().boot;

	*c = (struct client){
		.fd = -1,
		.deadline = timeout < CLOCK_NEVER - now ? now + timeout : CLOCK_NEVER,
		.in = BYTES_INIT(CLIENT_LINE_MAX + READ_SIZE),
		.why = BYTES_PRINTED,
	};

	if (!path || text_append_escaped(&shown, path, strlen(path)) < 0)
		return fail(c, "out of memory");

	c->path = bytes_steal(&shown);
	return 0;
}

int client_open_unless(
	struct client *c, enum client_door door, const char *path, uint64_t timeout, int stop)
{
	cleanup(free_p) char *found = find_path(door, path);
	int r;

	r = init(c, found, timeout);
	if (r >= 0)
		r = connect_to(c, found, stop);
	return r < 0 ? r : client_require_peer(c, CLIENT_PEER_ANY);
}

int client_open(struct client *c, enum client_door door, const char *path, uint64_t timeout)
{
	return client_open_unless(c, door, path, timeout, -1);
}

/* Whether this system can't name the listener's uid. */
static bool is_unmapped(const struct client *c)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0
		&& cred.uid == PEER_OVERFLOW_ID;
}

int client_open_by_place(struct client *c, const char *path, uint64_t timeout)
{
	cleanup(trusted_socket_deinit) struct trusted_socket socket = TRUSTED_SOCKET_INIT;
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char place[64];
	int r;

	path = client_strip_scheme(path);
	r = init(c, path, timeout);
	if (r < 0)
		return r;
	if (trusted_socket_open(path, &socket, &why) < 0)
		return fail(c, "%s", bytes_str(&why));

	snprintf(place, sizeof(place), "/proc/self/fd/%d", socket.socket);
	r = connect_to(c, place, -1);
	if (r < 0)
		return r;
	if (is_unmapped(c)) {
		if (trusted_socket_check(&socket, &why) < 0)
			return fail(c, "%s", bytes_str(&why));
		c->trusts_place = true;
	}
	return client_require_peer(c, CLIENT_PEER_ANY);
}

int client_send(struct client *c, const struct bytes *line)
{
	size_t sent = 0;
	ssize_t n;
	int r;

	while (sent < line->len) {
		n = send(c->fd, line->data + sent, line->len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}

		/*
		 * The peer may have answered before it read everything, so continue with reading.
		 */
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return fail(c, "%s", strerror(errno));

		r = await(c, POLLOUT);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads available data. Returns its length, 0 at the end, or -EAGAIN if there is none. */
static ssize_t receive(struct client *c)
{
	ssize_t n;
	char *end;

	if (c->in.len > CLIENT_LINE_MAX)
		return fail(c, "answered with a line that never ends");
	if (bytes_reserve(&c->in, READ_SIZE, &end) < 0)
		return fail(c, "out of memory");

	n = recv(c->fd, end, READ_SIZE, MSG_DONTWAIT);
	if (n < 0 && errno == ECONNRESET) /* closed with our request unread */
		return 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : fail(c, "%s", strerror(errno));
	bytes_grew(&c->in, (size_t)n);
	return n;
}

/* Moves a complete line to `line`. Returns 1, or 0 if there is none. */
static int give_line(struct client *c, struct bytes *line)
{
	const char *newline = c->in.len > 0 ? memchr(c->in.data, '\n', c->in.len) : NULL;
	size_t len;

	if (!newline)
		return CLIENT_LATER;

	len = (size_t)(newline - c->in.data);
	bytes_clear(line);
	if (bytes_append(line, c->in.data, len) < 0)
		return fail(c, "out of memory");
	bytes_consume(&c->in, len + 1);
	return CLIENT_LINE;
}

int client_take_line(struct client *c, struct bytes *line)
{
	ssize_t n;
	int r;

	while ((r = give_line(c, line)) == CLIENT_LATER) {
		n = receive(c);
		if (n == -EAGAIN)
			return CLIENT_LATER;
		if (n < 0)
			return (int)n;
		if (n == 0)
			return c->in.len == 0
				? CLIENT_END
				: fail(c, "the connection ended in the middle of the answer");
	}
	return r;
}

int client_read_line(struct client *c, struct bytes *line)
{
	int r;

	while ((r = client_take_line(c, line)) == CLIENT_LATER) {
		r = await(c, POLLIN);
		if (r < 0)
			return r;
	}
	return r;
}

void client_close(struct client *c)
{
	close_p(&c->fd);
	free(c->path);
	bytes_deinit(&c->in);
	bytes_deinit(&c->why);
}

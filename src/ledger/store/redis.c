/* SPDX-License-Identifier: ISC */

/*
 * The descriptor is non-blocking; poll(2) waits until the deadline. hiredis is not used, since its
 * timeouts apply to single system calls: a slow server could block the caller without limit. Its
 * structures also differ between versions.
 */

#include "ledger/store/redis.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/await.h"
#include "base/text.h"

/* The longest reply, in bytes. */
#define REPLY_MAX ((size_t)4 << 20)

/* How many bytes of an error from the server are shown. */
#define SHOWN_MAX 200

#define CHUNK 16384

void redis_init(struct redis *r)
{
	*r = (struct redis){ .fd = -1, .out = BYTES_PRINTED, .in = BYTES_INIT(REPLY_MAX) };
}

void redis_close(struct redis *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->taken = 0;
	bytes_clear(&r->in);
	bytes_clear(&r->out);
}

void redis_deinit(struct redis *r)
{
	redis_close(r);
	bytes_deinit(&r->in);
	bytes_deinit(&r->out);
}

static int fail(struct redis *r, int error, const char *what, struct bytes *why)
{
	redis_close(r);
	bytes_appendf(why, "%s: %s", what,
		error == -ETIME           ? "no answer in time"
			: error == -EPIPE ? "the server has ended the connection"
					  : strerror(-error));
	return error;
}

static int try_connect(struct redis *r, const struct desk_address *a, uint64_t deadline)
{
	int error = 0, one = 1, e;
	socklen_t len = sizeof(error);

	r->fd = socket(a->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->fd < 0)
		return -errno;
	/* Best effort: TCP_NODELAY only makes it faster. */
	if (a->to.ss_family != AF_UNIX)
		setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(r->fd, (const struct sockaddr *)(const void *)&a->to, a->len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;

	e = await_events(r->fd, POLLOUT, deadline);
	if (e < 0)
		return e;
	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

int redis_connect(
	struct redis *r, const struct desk_address *address, uint64_t deadline, struct bytes *why)
{
	int e;

	redis_close(r);
	e = try_connect(r, address, deadline);
	return e < 0 ? fail(r, e, "can't connect", why) : 0;
}

int redis_send(struct redis *r, uint64_t deadline, struct bytes *why)
{
	size_t sent = 0;
	ssize_t n;
	int e;

	e = bytes_error(&r->out);
	if (e >= 0 && r->fd < 0)
		e = -ENOTCONN;
	while (e >= 0 && sent < r->out.len) {
		n = send(r->fd, r->out.data + sent, r->out.len - sent, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			e = await_events(r->fd, POLLOUT, deadline);
		else if (errno != EINTR)
			e = -errno;
	}
	bytes_clear(&r->out);
	return e < 0 ? fail(r, e, "can't send", why) : 0;
}

/* Waits for bytes, and receives some. */
static int receive(struct redis *r, uint64_t deadline)
{
	char *room;
	ssize_t n;
	int e;

	e = await_events(r->fd, POLLIN, deadline);
	if (e >= 0)
		e = bytes_reserve(&r->in, CHUNK, &room);
	if (e < 0)
		return e;

	n = recv(r->fd, room, CHUNK, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	bytes_grew(&r->in, (size_t)n);
	return 0;
}

int redis_read(struct redis *r, uint64_t deadline, struct resp_item *ret, struct resp *ret_rest,
	struct bytes *why)
{
	struct resp reply;
	ssize_t len = 0;
	int e = r->fd < 0 ? -ENOTCONN : 0;

	bytes_consume(&r->in, r->taken);
	r->taken = 0;
	while (e >= 0) {
		len = resp_measure(bytes_str(&r->in), r->in.len);
		if (len != 0)
			break;
		e = receive(r, deadline);
	}
	if (e >= 0 && len < 0)
		e = (int)len;
	if (e < 0)
		return fail(r, e, "no reply", why);

	r->taken = (size_t)len;
	reply = (struct resp){ bytes_str(&r->in), (size_t)len };
	(void)resp_take(&reply, ret);
	if (ret_rest)
		*ret_rest = reply;
	return !ret_rest && ret->type == RESP_ERROR ? redis_refuse(ret, why) : 0;
}

int redis_refuse(const struct resp_item *error, struct bytes *why)
{
	bytes_append_str(why, "the server says: ");
	text_append_escaped(why, error->text, error->len < SHOWN_MAX ? error->len : SHOWN_MAX);
	return -EPROTO;
}

bool redis_is_broken(const struct redis *r)
{
	char byte;
	ssize_t n;

	if (r->fd < 0)
		return true;
	n = recv(r->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n >= 0 || (errno != EAGAIN && errno != EINTR);
}

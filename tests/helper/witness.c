/* SPDX-License-Identifier: ISC */

/*
 * Records what the daemon of the tests receives and sends at its sockets. Linked into tests/firma
 * alone, with -Wl,--wrap= for each of accept4, recv, __recv_chk (the name of a fortified recv()),
 * send and close. If $FIRMA_TEST_WITNESS names a file, each accepted connection that ends is
 * appended to it as one line, in one O_APPEND write, so that several processes can share the file:
 *
 *     {"request_hex":"…","reply_hex":"…"}
 *
 * with `,"cut":true` added if the last send() did not take all of its data. The request is the data
 * that was received before anything was sent (drained data is not part of it), up to REQUEST_MAX;
 * the reply is all that was sent. `unit witness` judges the lines.
 *
 * With $FIRMA_TEST_RENAME, "N FROM TO" (paths without blanks), FROM is renamed to TO before the
 * N-th connection is read: in the middle of a turn, at the same place on every machine.
 *
 * A table by descriptor owns the data of each open connection. The witness changes no result and no
 * errno; if a line can't be written, a message goes to standard error, where lib.bash finds it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

/* More than a daemon reads before it answers that a request is too long. */
#define REQUEST_MAX 1100000

struct exchange {
	bool open;
	bool cut;
	struct bytes request;
	struct bytes reply;
};

static struct exchange *exchanges; /* by descriptor */
static size_t n_exchanges;
static int witness_fd = -1;

/* The names that the linker's --wrap makes of these functions. */
int __real_accept4(int fd, struct sockaddr *addr, socklen_t *addr_len, int flags);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __real___recv_chk(int fd, void *data, size_t len, size_t size, int flags);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
int __real_close(int fd);

int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *addr_len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap___recv_chk(int fd, void *data, size_t len, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
int __wrap_close(int fd);

static void complain(const char *what, int error)
{
	fprintf(stderr, "witness: could not %s: %s\n", what, strerror(error));
}

/*
 * The file is opened at the first connection and kept open: it can then be written when no
 * descriptor is left.
 */
static bool open_witness(void)
{
	const char *path = getenv("FIRMA_TEST_WITNESS");

	if (witness_fd >= 0)
		return true;
	if (!path || !*path)
		return false;

	witness_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (witness_fd < 0)
		complain("open $FIRMA_TEST_WITNESS", errno);
	return witness_fd >= 0;
}

static struct exchange *find(int fd)
{
	if (fd < 0 || (size_t)fd >= n_exchanges || !exchanges[fd].open)
		return NULL;
	return &exchanges[fd];
}

static void begin(int fd)
{
	size_t n = (size_t)fd + 1;

	if (n > n_exchanges) {
		struct exchange *grown = reallocarray(exchanges, n, sizeof(*grown));

		if (!grown) {
			complain("follow a connection", errno);
			return;
		}
		memset(grown + n_exchanges, 0, (n - n_exchanges) * sizeof(*grown));
		exchanges = grown;
		n_exchanges = n;
	}
	exchanges[fd] = (struct exchange){
		.open = true,
		.request = BYTES_INIT(REQUEST_MAX),
		.reply = BYTES_PRINTED,
	};
}

static int append_hex(struct bytes *line, const struct bytes *data)
{
	static const char digits[] = "0123456789abcdef";
	char *to;
	int r;

	r = bytes_reserve(line, 2 * data->len, &to);
	if (r < 0)
		return r;

	for (size_t i = 0; i < data->len; i++) {
		unsigned char c = (unsigned char)data->data[i];

		to[2 * i] = digits[c >> 4];
		to[2 * i + 1] = digits[c & 15];
	}
	bytes_grew(line, 2 * data->len);
	return 0;
}

static int append_line(struct bytes *line, const struct exchange *e)
{
	int r;

	r = bytes_append_str(line, "{\"request_hex\":\"");
	if (r == 0)
		r = append_hex(line, &e->request);
	if (r == 0)
		r = bytes_append_str(line, "\",\"reply_hex\":\"");
	if (r == 0)
		r = append_hex(line, &e->reply);
	if (r == 0)
		r = bytes_append_str(line, e->cut ? "\",\"cut\":true}\n" : "\"}\n");
	return r;
}

static void end(struct exchange *e)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	int r = append_line(&line, e);

	if (r < 0) {
		complain("record an exchange", -r);
	} else {
		ssize_t n = write(witness_fd, line.data, line.len);

		if (n < 0 || (size_t)n != line.len)
			complain("record an exchange", n < 0 ? errno : ENOSPC);
	}

	bytes_deinit(&e->request);
	bytes_deinit(&e->reply);
	*e = (struct exchange){ 0 };
}

/* Renames at the N-th accepted connection; accept4() calls without one don't count. */
static void rename_before(int n)
{
	const char *what = getenv("FIRMA_TEST_RENAME");
	char from[512], to[512];
	int wanted;

	if (!what || sscanf(what, "%d %511s %511s", &wanted, from, to) != 3 || n != wanted)
		return;
	if (rename(from, to) < 0)
		complain("rename", errno);
}

int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *addr_len, int flags)
{
	static int n_accepted;
	int ret = __real_accept4(fd, addr, addr_len, flags);
	int error = errno;

	if (ret >= 0)
		rename_before(++n_accepted);
	if (ret >= 0 && open_witness())
		begin(ret);

	errno = error;
	return ret;
}

static void received(int fd, const void *data, ssize_t n, int flags)
{
	struct exchange *e = find(fd);
	int error = errno;
	size_t room;
	int r;

	if (!e || n <= 0 || (flags & MSG_PEEK) || e->reply.len > 0)
		return;

	room = REQUEST_MAX - e->request.len;
	r = bytes_append(&e->request, data, (size_t)n < room ? (size_t)n : room);
	if (r < 0)
		complain("keep a request", -r);
	errno = error;
}

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
	ssize_t ret = __real_recv(fd, data, len, flags);

	received(fd, data, ret, flags);
	return ret;
}

ssize_t __wrap___recv_chk(int fd, void *data, size_t len, size_t size, int flags)
{
	ssize_t ret = __real___recv_chk(fd, data, len, size, flags);

	received(fd, data, ret, flags);
	return ret;
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	ssize_t ret = __real_send(fd, data, len, flags);
	struct exchange *e = find(fd);
	int error = errno;

	if (e) {
		int r = ret > 0 ? bytes_append(&e->reply, data, (size_t)ret) : 0;

		e->cut = ret < 0 || (size_t)ret < len;
		if (r < 0)
			complain("keep a reply", -r);
	}

	errno = error;
	return ret;
}

int __wrap_close(int fd)
{
	struct exchange *e = find(fd);
	int error = errno;

	if (e)
		end(e);

	errno = error;
	return __real_close(fd);
}

/* Records the connections that are still open when the process ends. */
__attribute__((destructor)) static void end_all(void)
{
	for (size_t i = 0; i < n_exchanges; i++) {
		if (exchanges[i].open)
			end(&exchanges[i]);
	}
	free(exchanges);
	exchanges = NULL;
	n_exchanges = 0;
}

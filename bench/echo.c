/* SPDX-License-Identifier: ISC */

/*
 * The bare server that the bench compares the daemon with: reads a line, sends it back, closes. One
 * thread, epoll, and no avoidable call: data that came with its connection is answered without a
 * wait.
 *
 *	echo SOCKET	binds and listens
 *	echo		takes the socket that systemd, or a program like it, hands over
 *
 * It parses nothing, checks nothing, limits only the line's length, and logs nothing.
 */

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define EVENTS 256
#define HANDED_OVER 3 /* SD_LISTEN_FDS_START */

/* A connection whose line is incomplete. */
struct conn {
	int fd;
	size_t len;
	char line[LINE_MAX_BYTES];
};

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "%s: longer than the path of a socket can be", path);
	memcpy(address.sun_path, path, strlen(path));

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0
		|| listen(fd, SOMAXCONN) < 0)
		err(1, "%s", path);
	return fd;
}

static void watch(int epoll, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		err(1, "epoll_ctl");
}

/* Reads once, after the `len` bytes that are there, and answers a whole line. 0: more to come. */
static ssize_t serve(int fd, char *line, size_t len)
{
	ssize_t n;

	n = recv(fd, line + len, LINE_MAX_BYTES - len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0 && !memchr(line + len, '\n', (size_t)n) && len + (size_t)n < LINE_MAX_BYTES)
		return n;

	/* A client that doesn't take the whole line at once loses the rest. */
	if (n > 0)
		(void)send(fd, line, len + (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
	return -1;
}

static void serve_new(int epoll, int fd)
{
	static char line[LINE_MAX_BYTES];
	struct conn *conn;
	ssize_t n;

	n = serve(fd, line, 0);
	if (n < 0)
		return;

	conn = malloc(sizeof(*conn));
	if (!conn)
		err(1, "malloc");

	conn->fd = fd;
	conn->len = (size_t)n;
	memcpy(conn->line, line, (size_t)n);
	watch(epoll, fd, conn);
}

static void serve_more(struct conn *conn)
{
	ssize_t n;

	n = serve(conn->fd, conn->line, conn->len);
	if (n < 0)
		free(conn);
	else
		conn->len += (size_t)n;
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	int listener, epoll, fd, n;

	listener = argc > 1 ? listen_at(argv[1]) : HANDED_OVER;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		err(1, "epoll_create1");
	watch(epoll, listener, NULL);

	for (;;) {
		n = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr) {
				serve_more(events[i].data.ptr);
				continue;
			}
			while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK))
				>= 0)
				serve_new(epoll, fd);
		}
	}
}

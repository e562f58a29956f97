/* SPDX-License-Identifier: ISC */

/*
 * The least that a durable answer can cost: `floor SOCKET FILE BYTES` answers as the bare server
 * does, but first appends BYTES to FILE for each line, and synchronizes FILE once for all lines
 * that have arrived. A client must send its line with one call: a partial line is lost.
 */

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tool.h"

#define LINE_MAX_BYTES 65536
#define BATCH 64 /* as many as the daemon accepts in one turn */

/* A connection whose line was not answered yet. */
struct asked {
	int fd;
	ssize_t len;
	char line[LINE_MAX_BYTES];
};

/* Accepts connections, and waits for the line of each. */
static size_t take(int listener, int epoll, struct asked *batch)
{
	struct epoll_event events[BATCH], more = { .events = EPOLLIN };
	size_t n = 0;
	int ready, fd;

	ready = epoll_wait(epoll, events, BATCH, -1);
	for (int i = 0; i < ready && n < BATCH; i++) {
		fd = events[i].data.fd;
		if (fd != listener)
			batch[n++].fd = fd;
		while (fd == listener && n < BATCH
			&& (batch[n].fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
			n++;
	}
	for (size_t i = 0; i < n; i++) {
		batch[i].len = recv(batch[i].fd, batch[i].line, LINE_MAX_BYTES, MSG_DONTWAIT);
		if (batch[i].len >= 0)
			continue;
		more.data.fd = batch[i].fd;
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, batch[i].fd, &more) < 0)
			err(TOOL_FAILED, "epoll_ctl");
	}
	return n;
}

static size_t count_lines(const struct asked *batch, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += batch[i].len > 0;
	return lines;
}

static void answer(const struct asked *batch, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (batch[i].len > 0)
			(void)send(batch[i].fd, batch[i].line, (size_t)batch[i].len, MSG_NOSIGNAL);
		if (batch[i].len >= 0)
			close(batch[i].fd);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct asked *batch = tool_allocate(BATCH, sizeof(*batch));
	struct sockaddr_un address;
	int listener, epoll, file;
	size_t bytes, n, lines;
	char *data;

	if (argc != 4)
		errx(TOOL_USAGE, "usage: floor SOCKET FILE BYTES");
	address = tool_address(argv[1]);
	bytes = tool_number(argv[3]);
	data = tool_allocate(BATCH, bytes + 1);
	memset(data, 'x', BATCH * bytes);

	file = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file < 0)
		err(TOOL_FAILED, "%s", argv[2]);
	listener = event.data.fd = tool_listen(&address);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
		err(TOOL_FAILED, "epoll");

	for (;;) {
		n = take(listener, epoll, batch);
		lines = count_lines(batch, n);
		if (lines > 0
			&& (write(file, data, lines * bytes) != (ssize_t)(lines * bytes)
				|| fdatasync(file) < 0))
			err(TOOL_FAILED, "%s", argv[2]);
		answer(batch, n);
	}
}

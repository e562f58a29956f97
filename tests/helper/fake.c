/* SPDX-License-Identifier: ISC */

/*
 * `unit fake MODE SOCKET [TEXT]`: a daemon that misbehaves, to test clients. Binds SOCKET, prints
 * `ready`, treats one connection as MODE says, and ends. It also ends when standard input ends, so
 * that no process outlives its test. The socket file is removed in both cases.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"

/* A time limit, for a test that never closes standard input. */

/* Waits until `fd` can be read. false: standard input ended instead. */
static bool wait_for(int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char block[4096];

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			err(UNIT_FAILED, "poll");
		if (fds[0].revents)
			return true;
		if (fds[1].revents && read(STDIN_FILENO, block, sizeof(block)) <= 0)
			return false;
	}
}

/* Reads the client's data up to a newline or the end. false: standard input ended. */
static bool read_line(int fd)
{
	char block[4096];

	while (wait_for(fd)) {
		ssize_t n = recv(fd, block, sizeof(block), 0);

		if (n <= 0 || memchr(block, '\n', (size_t)n))
			return true;
	}
	return false;
}

static void say(int fd, const char *text, size_t len)
{
	if (send(fd, text, len, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		err(UNIT_FAILED, "send");
}

static void hang(int fd, const char *text)
{
	char block[4096];

	(void)text;
	while (wait_for(fd) && recv(fd, block, sizeof(block), 0) > 0)
		;
}

static void silent_close(int fd, const char *text)
{
	(void)text;
	read_line(fd);
}

static void half(int fd, const char *text)
{
	if (read_line(fd))
		say(fd, text, strlen(text) / 2);
}

static void garbage(int fd, const char *text)
{
	if (read_line(fd))
		say(fd, text, strlen(text));
}

static void reply(int fd, const char *text)
{
	if (read_line(fd)) {
		say(fd, text, strlen(text));
		say(fd, "\n", 1);
	}
}

/* If a UNIX socket is closed with unread data in it, its peer gets a reset. */
static void reset(int fd, const char *text)
{
	(void)text;
	wait_for(fd);
}

static const struct mode {
	const char *name;
	void (*serve)(int fd, const char *text); /* NULL: don't even accept */
	bool needs_text;
} modes[] = {
	{ "hang", hang, false },
	{ "silent-close", silent_close, false },
	{ "half", half, true },
	{ "garbage", garbage, true },
	{ "reply", reply, true },
	{ "reset", reset, false },
	{ "never-accept", NULL, false },
};

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < LENGTH(modes); i++) {
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	}
	return NULL;
}

static int listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(UNIT_FAILED, "socket");
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(UNIT_FAILED, "bind %s", address->sun_path);

	/* A backlog of one: with never-accept, the second connect() blocks. */
	if (listen(fd, 0) < 0)
		err(UNIT_FAILED, "listen");
	return fd;
}

static void serve(int listener, const struct mode *mode, const char *text)
{
	cleanup(close_p) int fd = -1;

	if (!mode->serve) {
		hang(-1, NULL);
		return;
	}
	if (!wait_for(listener))
		return;

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		err(UNIT_FAILED, "accept");
	mode->serve(fd, text);
}

int unit_fake(int argc, char **argv)
{
	cleanup(close_p) int listener = -1;
	const struct mode *mode = argc >= 3 && argc <= 4 ? find_mode(argv[1]) : NULL;
	struct sockaddr_un address;

	if (!mode || (argc == 4) != mode->needs_text)
		return unit_usage("fake hang|silent-close|reset|never-accept SOCKET\n"
				  "       unit fake half|garbage|reply SOCKET TEXT");

	unit_guard(UNIT_PATIENCE);
	address = unit_address(argv[2]);
	listener = listen_at(&address);
	unit_ready();
	serve(listener, mode, argv[3]);
	unlink(address.sun_path);
	return UNIT_OK;
}

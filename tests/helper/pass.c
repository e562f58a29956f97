/* SPDX-License-Identifier: ISC */

/*
 * `unit pass NAMES KIND=PATH… -- COMMAND [ARG…]`: starts a command as systemd starts a service with
 * sockets: they are open from descriptor 3 on, and $LISTEN_PID, $LISTEN_FDS and $LISTEN_FDNAMES say
 * so (sd_listen_fds(3)). Unlike systemd-socket-activate(1) it doesn't wait for a connection, and it
 * also passes sockets that are no door:
 *
 *     stream     a listening UNIX stream socket, as a door is
 *     idle       the same, without listen(2)
 *     datagram   a UNIX datagram socket
 *     seqpacket  a listening UNIX socket of packets
 *     tcp        a listening TCP socket at a free port; PATH doesn't matter
 *
 * NAMES are separated by colons; if they are empty, $LISTEN_FDNAMES is not set. The command
 * replaces the process of `unit`, and the socket files stay.
 */

#include "helper/unit.h"

#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"

#define FIRST_FD 3
#define SOCKETS_MAX 16

static const struct socket_kind {
	const char *name;
	int family, type;
	bool listens;
} kinds[] = {
	{ "stream", AF_UNIX, SOCK_STREAM, true },
	{ "idle", AF_UNIX, SOCK_STREAM, false },
	{ "datagram", AF_UNIX, SOCK_DGRAM, false },
	{ "seqpacket", AF_UNIX, SOCK_SEQPACKET, true },
	{ "tcp", AF_INET, SOCK_STREAM, true },
};

static const struct socket_kind *find_kind(const char *name, size_t len)
{
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (strlen(kinds[i].name) == len && strncmp(name, kinds[i].name, len) == 0)
			return &kinds[i];
	}
	return NULL;
}

static void bind_socket(int fd, const struct socket_kind *kind, const char *path)
{
	const struct sockaddr_in local = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_un address;
	int r;

	if (kind->family == AF_INET) {
		r = bind(fd, (const struct sockaddr *)&local, sizeof(local));
	} else {
		address = unit_address(path);
		r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	}
	if (r < 0)
		err(UNIT_FAILED, "bind %s", path);
}

/* Opens the socket at a number above the final ones, so that no socket is in another's way. */
static int open_socket(const char *word)
{
	const char *equals = strchr(word, '=');
	const struct socket_kind *kind = equals ? find_kind(word, (size_t)(equals - word)) : NULL;
	int fd, high;

	if (!kind)
		errx(UNIT_USAGE, "not a socket: '%s'", word);

	fd = socket(kind->family, kind->type, 0);
	if (fd < 0)
		err(UNIT_FAILED, "socket");
	bind_socket(fd, kind, equals + 1);
	if (kind->listens && listen(fd, SOMAXCONN) < 0)
		err(UNIT_FAILED, "listen");

	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD + SOCKETS_MAX);
	if (high < 0)
		err(UNIT_FAILED, "fcntl");
	close(fd);
	return high;
}

static void set_number(const char *variable, long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", n);
	if (setenv(variable, text, 1) < 0)
		err(UNIT_FAILED, "setenv");
}

int unit_pass(int argc, char **argv)
{
	int fds[SOCKETS_MAX], n = 0, at = 2;

	for (; at < argc && strcmp(argv[at], "--") != 0 && n < SOCKETS_MAX; at++)
		fds[n++] = open_socket(argv[at]);
	if (at + 1 >= argc || strcmp(argv[at], "--") != 0)
		return unit_usage("pass NAMES KIND=PATH... -- COMMAND [ARG...]");

	for (int i = 0; i < n; i++) {
		if (dup2(fds[i], FIRST_FD + i) < 0)
			err(UNIT_FAILED, "dup2");
	}
	set_number("LISTEN_PID", (long)getpid());
	set_number("LISTEN_FDS", n);
	if (argv[1][0] ? setenv("LISTEN_FDNAMES", argv[1], 1) < 0 : unsetenv("LISTEN_FDNAMES") < 0)
		err(UNIT_FAILED, "setenv");

	execvp(argv[at + 1], argv + at + 1);
	err(UNIT_FAILED, "%s", argv[at + 1]);
}

/* SPDX-License-Identifier: ISC */

/*
 * `unit notify SOCKET`: stands for a service manager, which services notify, or for the journal.
 * Binds SOCKET for datagrams, prints `ready`, and then each datagram as it came, with a newline,
 * until standard input ends. After that it prints the datagrams that have arrived, and removes the
 * socket file.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

/* A time limit, for a test that never closes standard input. */

static void print_waiting(int fd)
{
	char datagram[65536];
	ssize_t n;

	while ((n = recv(fd, datagram, sizeof(datagram), MSG_DONTWAIT)) >= 0) {
		fwrite(datagram, 1, (size_t)n, stdout);
		putchar('\n');
	}
	if (errno != EAGAIN)
		err(UNIT_FAILED, "recv");
	if (fflush(stdout) != 0)
		err(UNIT_FAILED, "standard output");
}

/* Waits until `fd` can be read. false: standard input has ended. */
static bool wait_for(int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	char block[4096];

	if (poll(fds, 2, -1) < 0)
		err(UNIT_FAILED, "poll");
	return !fds[1].revents || read(STDIN_FILENO, block, sizeof(block)) > 0;
}

int unit_notify(int argc, char **argv)
{
	cleanup(close_p) int fd = -1;
	struct sockaddr_un address;
	bool more = true;

	if (argc != 2)
		return unit_usage("notify SOCKET");

	unit_guard(UNIT_PATIENCE);
	address = unit_address(argv[1]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err(UNIT_FAILED, "socket");
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err(UNIT_FAILED, "bind %s", address.sun_path);

	unit_ready();
	while (more) {
		more = wait_for(fd);
		print_waiting(fd);
	}
	unlink(address.sun_path);
	return UNIT_OK;
}

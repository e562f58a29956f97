/* SPDX-License-Identifier: ISC */

/*
 * `unit load SOCKET CLIENTS REQUESTS`: CLIENTS clients at once, each of which sends the line on
 * standard input REQUESTS times, each time on a new connection. Prints the number of answers per
 * second, as JSON. A client that gets no reply ends the program.
 */

#include "helper/unit.h"

#include <err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static void ask(const struct sockaddr_un *address, const char *line, size_t len)
{
	char reply[4096];
	size_t n = 0;
	ssize_t r;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(UNIT_FAILED, "connect");
	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
		err(UNIT_FAILED, "send");
	while ((r = recv(fd, reply + n, sizeof(reply) - n, 0)) > 0)
		n += (size_t)r;
	if (r < 0 || n == 0 || reply[n - 1] != '\n')
		errx(UNIT_FAILED, "no reply");
	close(fd);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int unit_load(int argc, char **argv)
{
	cleanup(free_p) char *line = NULL;
	struct sockaddr_un address;
	unsigned long clients, requests;
	int status, failed = 0;
	size_t len;
	double start;

	if (argc != 4)
		return unit_usage("load SOCKET CLIENTS REQUESTS");
	address = unit_address(argv[1]);
	clients = unit_number(argv[2]);
	requests = unit_number(argv[3]);
	line = unit_read(stdin, &len);

	start = now();
	for (unsigned long i = 0; i < clients; i++) {
		if (fork() != 0)
			continue;
		for (unsigned long n = 0; n < requests; n++)
			ask(&address, line, len);
		_exit(UNIT_OK);
	}
	while (wait(&status) > 0)
		failed |= status;
	if (failed != 0)
		return UNIT_FAILED;

	printf("{\"requests_per_second\":%.0f}\n", (double)(clients * requests) / (now() - start));
	return UNIT_OK;
}

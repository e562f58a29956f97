/* SPDX-License-Identifier: ISC */

/*
 * `unit latency SOCKET ROUNDS`: how soon a waiting client hears of the approval. In each round a
 * request is repeated and held back, and then its token is approved on another connection. Prints,
 * as a line of JSON, the median and the longest of the ms from the approval to the answer. Exit
 * status 1: an answer is not `allow`.
 */

#include "helper/unit.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define LINE_MAX_LEN 1024

static const char request[] =
	"{\"action\":\"local.exec\",\"executable\":\"/usr/bin/git\",\"args\":[\"status\"],"
	"\"sandbox_id\":\"sbx\",\"session_id\":\"sess\",\"profile\":\"generic\","
	"\"hitl_mode\":\"async_token\"";

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Connects and sends the line. Returns the connection. */
static int say(const struct sockaddr_un *address, const char *line)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unit_guard(UNIT_PATIENCE);
	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(UNIT_FAILED, "connect");
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		err(UNIT_FAILED, "send");
	return fd;
}

/* Reads the whole reply, which is short, and closes. */
static void hear(int fd, char reply[static LINE_MAX_LEN])
{
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, reply + len, LINE_MAX_LEN - 1 - len, 0)) > 0)
		len += (size_t)n;
	if (n < 0)
		err(UNIT_FAILED, "recv");
	reply[len] = '\0';
	close(fd);
}

static void must_contain(const char *reply, const char *what)
{
	if (!strstr(reply, what))
		errx(UNIT_FAILED, "not %s: %s", what, reply);
}

static double measure(const struct sockaddr_un *address)
{
	char line[LINE_MAX_LEN], reply[LINE_MAX_LEN], token[64];
	const char *at;
	int waits, approves;
	double since;

	snprintf(line, sizeof(line), "%s}\n", request);
	hear(say(address, line), reply);
	at = strstr(reply, "\"approval_token\":\"");
	if (!at || sscanf(at, "\"approval_token\":\"%36[0-9a-f-]", token) != 1)
		errx(UNIT_FAILED, "not pending: %s", reply);

	snprintf(line, sizeof(line), "%s,\"approval_token\":\"%s\",\"wait_ms\":60000}\n", request,
		token);
	waits = say(address, line);

	/* An answer to a later request shows that the daemon has read the request that waits. */
	hear(say(address, "{\"action\":\"local.exec.none\"}\n"), reply);

	snprintf(line, sizeof(line), "{\"action\":\"local.exec.approve\",\"token_id\":\"%s\"}\n",
		token);
	since = now_ms();
	approves = say(address, line);
	hear(waits, reply);
	since = now_ms() - since;
	must_contain(reply, "\"allow\"");
	hear(approves, reply);
	must_contain(reply, "\"ok\"");
	return since;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int unit_latency(int argc, char **argv)
{
	cleanup(free_p) double *ms = NULL;
	struct sockaddr_un address;
	size_t n;

	if (argc != 3)
		return unit_usage("latency SOCKET ROUNDS");

	address = unit_address(argv[1]);
	n = unit_number(argv[2]);
	ms = unit_allocate((n + 1) * sizeof(*ms));
	for (size_t i = 0; i < n; i++)
		ms[i] = measure(&address);
	qsort(ms, n, sizeof(*ms), compare);
	printf("{\"median_ms\":%.3f,\"max_ms\":%.3f}\n", ms[n / 2], ms[n ? n - 1 : 0]);
	return UNIT_OK;
}

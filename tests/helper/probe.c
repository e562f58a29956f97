/* SPDX-License-Identifier: ISC */

/*
 * `unit probe [OPTION…] SOCKET`: a client that shares no code with firma. It sends standard input
 * as it is, byte for byte, and prints the reply as it came. Each connection is used for one
 * request; a peer that stops reading is no error, since it may have answered already.
 *
 * Exit status: 0 each connection got a reply; 1 no connection; 2 usage; 3 no progress for 20 s; 4 a
 * connection was closed without a byte; 5 with --whole, one was reset after its reply.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char form[] =
	"probe [OPTION...] SOCKET\n"
	"  --byte-by-byte  one send a byte, each after the peer has read the one before\n"
	"  --half-close    no more is to come: shutdown(SHUT_WR) after sending\n"
	"  --stall         print 'ready' once the peer has read all, then wait for the reply\n"
	"  --follow        the same, for a reply that goes on: printed as it comes\n"
	"  --repeat N      the same on N connections\n"
	"  --edge          with --repeat: each when an idle daemon may just be leaving\n"
	"  --lines         each line of standard input on a connection of its own\n"
	"  --concurrent    connect all, then send all, then read all\n"
	"  --no-read       close without reading a reply\n"
	"  --whole         a reset behind the reply is a failure\n"
	"  --idle N        open N connections, print 'ready', hold them until standard input ends\n"
	"  --big BYTES     send so many 'a' instead of standard input";

struct probe {
	struct sockaddr_un address;
	bool byte_by_byte, half_close, stall, follow, lines, concurrent, no_read, whole, edge;
	unsigned long repeat, idle, big;
};

/* The part of the input that one connection sends. */
struct message {
	const char *data;
	size_t len;
};

/* Returns the connection; or -1, after an error message. */
static int open_connection(const struct probe *p)
{
	cleanup(close_p) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unit_guard(UNIT_PATIENCE);
	if (fd < 0)
		err(UNIT_FAILED, "socket");
	if (connect(fd, (const struct sockaddr *)&p->address, sizeof(p->address)) < 0) {
		warn("connect to %s", p->address.sun_path);
		return -1;
	}
	return steal_fd(&fd);
}

/* Sends all. false: the peer reads no more. */
static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return false;
		if (n < 0)
			err(UNIT_FAILED, "send");
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Waits until the peer has read all that was sent. false: it answered or closed instead. */
static bool wait_until_read(int fd)
{
	static const struct timespec pause = { .tv_nsec = 20000 };
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	int unread;

	for (;;) {
		if (ioctl(fd, SIOCOUTQ, &unread) < 0)
			err(UNIT_FAILED, "SIOCOUTQ");
		if (unread == 0)
			return true;
		if (ppoll(&answer, 1, &pause, NULL) > 0)
			return false;
	}
}

static void send_byte_by_byte(int fd, struct message m)
{
	for (size_t i = 0; i < m.len; i++) {
		if (!send_all(fd, m.data + i, 1) || !wait_until_read(fd))
			return;
	}
}

static void send_big(int fd, size_t len)
{
	char block[65536];

	memset(block, 'a', sizeof(block));
	while (len > 0) {
		size_t n = len < sizeof(block) ? len : sizeof(block);

		if (!send_all(fd, block, n))
			return;
		len -= n;
	}
}

static void transmit(const struct probe *p, int fd, struct message m)
{
	unit_guard(UNIT_PATIENCE);
	if (p->big > 0)
		send_big(fd, p->big);
	else if (p->byte_by_byte)
		send_byte_by_byte(fd, m);
	else
		send_all(fd, m.data, m.len);

	if (p->half_close)
		shutdown(fd, SHUT_WR);
	if (p->stall)
		wait_until_read(fd);
	if (p->stall && !p->concurrent)
		unit_ready();
}

/* Prints the reply. Returns whether there was one. */
static bool receive(const struct probe *p, int fd)
{
	char block[65536];
	char last = '\0';
	bool any = false;
	ssize_t n;

	unit_guard(UNIT_PATIENCE);
	while ((n = recv(fd, block, sizeof(block), 0)) > 0) {
		fwrite(block, 1, (size_t)n, stdout);
		if (p->follow)
			fflush(stdout);
		last = block[n - 1];
		any = true;
	}
	if (n < 0 && errno != ECONNRESET)
		err(UNIT_FAILED, "recv");
	if (n < 0 && any && p->whole)
		errx(UNIT_RESET, "the connection was reset behind the reply");

	/* Line N of the output belongs to line N of the input, whatever the reply. */
	if (p->lines && last != '\n')
		putchar('\n');
	if (fflush(stdout) != 0)
		err(UNIT_FAILED, "standard output");
	return any;
}

/*
 * Finds the edge: the time after an answer at which the daemon exits. A late answer came from a
 * daemon that had to be started first, so the next question is sent sooner; after an answer in
 * time, it is sent later. EDGE_BACK against EDGE_ON is the number of answers in time for each late
 * one.
 */
#define EDGE_LATE_NS 4000000L
#define EDGE_ON_NS 4000L
#define EDGE_BACK_NS 60000L

/* Every so many questions, one is sent that much later: while the daemon exits, or just after. */
#define EDGE_LEAP 32
#define EDGE_LEAP_NS 250000L
#define EDGE_LEAPS 40

static int64_t elapsed_ns(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)(now.tv_sec - since->tv_sec) * 1000000000 + now.tv_nsec - since->tv_nsec;
}

/* Waits for the edge before question `i`; the previous answer has moved it. */
static void wait_for_edge(size_t i, long *edge_ns, const struct timespec *asked)
{
	struct timespec pause = { 0 };

	if (i == 0) {
		prctl(PR_SET_TIMERSLACK, 1);
		return;
	}

	if (i % EDGE_LEAP != 1) /* else the previous question came too late to tell */
		*edge_ns += elapsed_ns(asked) < EDGE_LATE_NS ? EDGE_ON_NS : -EDGE_BACK_NS;
	if (*edge_ns < 0)
		*edge_ns = 0;
	pause.tv_nsec = *edge_ns;
	if (i % EDGE_LEAP == 0)
		pause.tv_nsec += (long)(i / EDGE_LEAP % EDGE_LEAPS) * EDGE_LEAP_NS;
	nanosleep(&pause, NULL);
}

/* Sends the messages one after another, or in three waves. */
static int exchange(const struct probe *p, const struct message *messages, size_t n)
{
	cleanup(free_p) int *fds = calloc(n + 1, sizeof(*fds));
	struct timespec asked;
	bool all = true;
	long edge_ns = 0;

	if (!fds)
		err(UNIT_FAILED, "connections");

	for (size_t i = 0; p->concurrent && i < n; i++) {
		fds[i] = open_connection(p);
		if (fds[i] < 0)
			return UNIT_FAILED;
	}
	for (size_t i = 0; p->concurrent && i < n; i++)
		transmit(p, fds[i], messages[i]);
	if (p->concurrent && p->stall)
		unit_ready();

	for (size_t i = 0; i < n; i++) {
		if (p->edge) {
			wait_for_edge(i, &edge_ns, &asked);
			clock_gettime(CLOCK_MONOTONIC, &asked);
		}
		if (!p->concurrent) {
			fds[i] = open_connection(p);
			if (fds[i] < 0)
				return UNIT_FAILED;
			transmit(p, fds[i], messages[i]);
		}
		if (!p->no_read && !receive(p, fds[i]))
			all = false;
		close(fds[i]);
	}
	return all ? UNIT_OK : UNIT_NO_BYTE;
}

/* The input cut after each newline; the caller frees. */
static struct message *split(const char *data, size_t len, size_t *ret_n)
{
	struct message *messages = calloc(len + 1, sizeof(*messages));
	size_t n = 0;

	if (!messages)
		err(UNIT_FAILED, "standard input");

	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t line_len = newline ? (size_t)(newline - data) + 1 : len;

		messages[n++] = (struct message){ .data = data, .len = line_len };
		data += line_len;
		len -= line_len;
	}
	*ret_n = n;
	return messages;
}

static struct message *repeat(const char *data, size_t len, size_t n)
{
	struct message *messages = calloc(n + 1, sizeof(*messages));

	if (!messages)
		err(UNIT_FAILED, "standard input");
	for (size_t i = 0; i < n; i++)
		messages[i] = (struct message){ .data = data, .len = len };
	return messages;
}

static int converse(const struct probe *p)
{
	cleanup(free_p) struct message *messages = NULL;
	cleanup(free_p) char *input = NULL;
	size_t len = 0, n = p->repeat;

	if (p->big == 0)
		input = unit_read(stdin, &len);
	messages = p->lines ? split(input, len, &n) : repeat(input, len, n);
	return exchange(p, messages, n);
}

static int hold_idle(const struct probe *p)
{
	size_t len;

	for (unsigned long i = 0; i < p->idle; i++) {
		if (open_connection(p) < 0)
			return UNIT_FAILED;
	}
	unit_guard(0);
	unit_ready();
	free(unit_read(stdin, &len));
	return UNIT_OK;
}

/* Raises the limit of descriptors as far as possible: --idle and --concurrent use many. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(UNIT_FAILED, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(UNIT_FAILED, "setrlimit");
}

int unit_probe(int argc, char **argv)
{
	static const struct option options[] = {
		{ "byte-by-byte", no_argument, NULL, 'y' },
		{ "half-close", no_argument, NULL, 'h' },
		{ "stall", no_argument, NULL, 's' },
		{ "follow", no_argument, NULL, 'f' },
		{ "repeat", required_argument, NULL, 'r' },
		{ "edge", no_argument, NULL, 'e' },
		{ "lines", no_argument, NULL, 'l' },
		{ "concurrent", no_argument, NULL, 'c' },
		{ "no-read", no_argument, NULL, 'n' },
		{ "whole", no_argument, NULL, 'w' },
		{ "idle", required_argument, NULL, 'i' },
		{ "big", required_argument, NULL, 'b' },
		{ 0 },
	};
	struct probe p = { .repeat = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'y':
			p.byte_by_byte = true;
			break;
		case 'h':
			p.half_close = true;
			break;
		case 's':
			p.stall = true;
			break;
		case 'f':
			p.stall = p.follow = true;
			break;
		case 'r':
			p.repeat = unit_number(optarg);
			break;
		case 'e':
			p.edge = true;
			break;
		case 'l':
			p.lines = true;
			break;
		case 'c':
			p.concurrent = true;
			break;
		case 'n':
			p.no_read = true;
			break;
		case 'w':
			p.whole = true;
			break;
		case 'i':
			p.idle = unit_number(optarg);
			break;
		case 'b':
			p.big = unit_number(optarg);
			break;
		default:
			return unit_usage(form);
		}
	}
	if (argc - optind != 1)
		return unit_usage(form);

	p.address = unit_address(argv[optind]);
	raise_limit();
	return p.idle > 0 ? hold_idle(&p) : converse(&p);
}

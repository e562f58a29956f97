/* SPDX-License-Identifier: ISC */

/*
 * The load: `tool load SOCKET CLIENTS SERVER-PID EXPECTED MS MAX` reads lines from standard input.
 * CLIENTS clients at once send them one after another, each line on a connection of its own, until
 * the time is over or MAX lines were answered; after the last line comes the first again. A client
 * that has its answer closes its connection and makes a new one. Each answer must contain EXPECTED.
 *
 * Prints: answers, seconds, ns to an answer (from before the connect(2) until its newline is read)
 * at 50, 90 and 99 percent, ns of the server's processor time for an answer. All times are kept, so
 * that the percentiles are exact.
 *
 * All clients live in one thread of one process. If there are two processors, this process has one
 * of its own and the server another.
 */

#include "tool.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 4096

struct client {
	int fd;
	uint64_t start;
	size_t len;
	char answer[ANSWER_MAX];
};

struct load {
	struct sockaddr_un address;
	const char *expected;
	int epoll;

	char **lines;
	size_t n_lines;

	uint64_t *times;
	size_t max, begun, done;
	uint64_t end; /* no request begins after it */
};

static void read_lines(struct load *load)
{
	size_t room = 0, size;
	ssize_t len;

	for (;;) {
		if (load->n_lines == room) {
			room = room ? room * 2 : 64;
			load->lines = reallocarray(load->lines, room, sizeof(*load->lines));
			if (!load->lines)
				err(TOOL_FAILED, "reallocarray");
		}
		load->lines[load->n_lines] = NULL;
		size = 0;
		len = getline(&load->lines[load->n_lines], &size, stdin);
		if (len < 0)
			break;
		load->n_lines++;
	}
	if (load->n_lines == 0)
		errx(TOOL_USAGE, "standard input has no lines");
}

static void begin(struct load *load, struct client *client)
{
	const char *line = load->lines[load->begun++ % load->n_lines];
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client->fd < 0)
		err(TOOL_FAILED, "socket");

	client->len = 0;
	client->start = tool_now();
	if (connect(client->fd, (const struct sockaddr *)&load->address, sizeof(load->address)) < 0)
		err(TOOL_FAILED, "%s", load->address.sun_path);
	if (send(client->fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		err(TOOL_FAILED, "send");
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
		err(TOOL_FAILED, "epoll_ctl");
}

/* Whether the answer is complete. Ends the process if it is not as expected. */
static bool take_answer(struct load *load, struct client *client)
{
	ssize_t n;

	n = recv(client->fd, client->answer + client->len, ANSWER_MAX - 1 - client->len, 0);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0)
		err(TOOL_FAILED, "recv");

	client->len += (size_t)n;
	client->answer[client->len] = '\0';
	if (n > 0 && client->answer[client->len - 1] != '\n')
		return false;
	if (n == 0 || !strstr(client->answer, load->expected))
		errx(TOOL_FAILED, "no answer with %s: '%s'", load->expected, client->answer);
	return true;
}

/* True: the client has begun a new request. */
static bool go_on(struct load *load, struct client *client)
{
	uint64_t now = tool_now();

	load->times[load->done++] = now - client->start;
	close(client->fd);
	if (load->begun == load->max || now >= load->end)
		return false;

	begin(load, client);
	return true;
}

static void run(struct load *load, size_t n_clients)
{
	struct client *clients = tool_allocate(n_clients, sizeof(*clients));
	struct epoll_event events[64];
	size_t busy = 0;
	int n;

	while (busy < n_clients && load->begun < load->max)
		begin(load, &clients[busy++]);

	while (busy > 0) {
		n = epoll_wait(load->epoll, events, 64, -1);
		for (int i = 0; i < n; i++)
			if (take_answer(load, events[i].data.ptr)
				&& !go_on(load, events[i].data.ptr))
				busy--;
	}
	free(clients);
}

int tool_load(int argc, char **argv)
{
	struct load load = { 0 };
	uint64_t start, processor;
	size_t n_clients;
	pid_t server;

	if (argc != 7)
		return tool_usage("load SOCKET CLIENTS SERVER-PID EXPECTED MS MAX <LINES");

	load.address = tool_address(argv[1]);
	n_clients = tool_number(argv[2]);
	server = (pid_t)tool_number(argv[3]);
	load.expected = argv[4];
	load.max = tool_number(argv[6]);
	if (n_clients == 0 || load.max == 0)
		errx(TOOL_USAGE, "there must be a client, and a line to send");
	load.times = tool_allocate(load.max, sizeof(*load.times));
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll < 0)
		err(TOOL_FAILED, "epoll_create1");
	read_lines(&load);
	tool_take_processors(server);

	start = tool_now();
	processor = tool_processor_time(server);
	load.end = start + tool_number(argv[5]) * 1000000;
	run(&load, n_clients);
	tool_print_load(
		load.times, load.done, tool_now() - start, tool_processor_time(server) - processor);
	return 0;
}

/* SPDX-License-Identifier: ISC */

/*
 * `tool crowd CLIENTS SERVER-PID MS MAX COMMAND [ARG…]`: a new process for each request, as in real
 * use. Runs the command, CLIENTS processes at a time, until the time is over or MAX have ended.
 * Each must exit with status 0. Prints the same as `tool load`; a time is measured from before the
 * start of a process until its exit was reported.
 */

#include "tool.h"

#include <err.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define CLIENTS_MAX 256

extern char **environ;

struct client {
	pid_t pid;
	uint64_t start;
};

static void begin(struct client *client, char **command)
{
	client->start = tool_now();
	if (posix_spawn(&client->pid, command[0], NULL, NULL, command, environ) != 0)
		err(TOOL_FAILED, "%s", command[0]);
}

/* Waits until any client has ended. */
static struct client *wait_for_any(struct client *clients, const char *name)
{
	struct client *client = clients;
	int status;
	pid_t pid;

	pid = wait(&status);
	if (pid < 0)
		err(TOOL_FAILED, "wait");
	if (status != 0)
		errx(TOOL_FAILED, "%s did not end with status 0", name);
	while (client->pid != pid)
		client++;
	return client;
}

int tool_crowd(int argc, char **argv)
{
	struct client clients[CLIENTS_MAX] = { 0 }, *client;
	size_t n_clients, max, busy = 0, begun = 0, done = 0;
	uint64_t start, end, processor, *times;
	pid_t server;

	if (argc < 6)
		return tool_usage("crowd CLIENTS SERVER-PID MS MAX COMMAND [ARG...]");

	n_clients = tool_number(argv[1]);
	server = (pid_t)tool_number(argv[2]);
	max = tool_number(argv[4]);
	if (n_clients == 0 || n_clients > CLIENTS_MAX || max < n_clients)
		errx(TOOL_USAGE, "there are 1 to %d clients", CLIENTS_MAX);
	times = tool_allocate(max, sizeof(*times));
	tool_take_processors(server);

	start = tool_now();
	processor = tool_processor_time(server);
	end = start + tool_number(argv[3]) * 1000000;
	for (; busy < n_clients; busy++, begun++)
		begin(&clients[busy], argv + 5);
	while (busy > 0) {
		client = wait_for_any(clients, argv[5]);
		times[done++] = tool_now() - client->start;
		if (begun < max && tool_now() < end) {
			begin(client, argv + 5);
			begun++;
		} else {
			busy--;
		}
	}
	tool_print_load(times, done, tool_now() - start, tool_processor_time(server) - processor);
	free(times);
	return 0;
}

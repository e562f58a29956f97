/* SPDX-License-Identifier: ISC */

/* `firma token watch`: the desk on a terminal, else one line for each event. */

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/events.h"
#include "cli/operator.h"
#include "cli/token-desk.h"

struct watching {
	struct operator_options op;
	bool json;
	struct token_desk_options desk;
};

static const struct option_row rows[] = {
	OPERATOR_ROWS(struct watching, op),
	{ "json", 0, NULL, "print one JSON object an event; ask nothing",
		OPTION_FLAG(struct watching, json) },
	{ "key", 0, "FILE",
		"sign with this SSH key, where that is needed\n"
		"(default: $FIRMA_APPROVER_KEY)",
		OPTION_TEXT(struct watching, desk.key) },
	{ "bell", 0, NULL, "ring the terminal's bell when a request comes",
		OPTION_FLAG(struct watching, desk.bell) },
	{ "title", 0, NULL, "put the number that waits into the terminal's title",
		OPTION_FLAG(struct watching, desk.title) },
	{ 0 },
};

static int print_event(const struct event *event, bool json)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	struct console console;

	if (json) {
		say_json(event->line.data, event->line.len);
		return STATUS_DONE;
	}

	console_look(STDOUT_FILENO, &console);
	if (event_append_line(event, &console, &line) < 0)
		return say_undecided("out of memory");
	fputs(bytes_str(&line), stdout);
	return STATUS_DONE;
}

/* When the reader closes the pipe, SIGPIPE ends the program, as for any filter. */
static int print_events(const struct operator_options *op, bool json)
{
	struct pollfd fds[] = { { .events = POLLIN }, { .fd = STDOUT_FILENO } };
	struct events events;
	struct event event;
	int status;

	status = events_open(&events, op, -1);
	if (status != STATUS_DONE)
		return status;

	while (status == STATUS_DONE) {
		status = events_next(&events, &event);
		if (status == STATUS_DONE) {
			status = print_event(&event, json);
			event_deinit(&event);
		} else if (status == EVENTS_LATER) {
			say_flush();
			fds[0].fd = events.client.fd;
			poll(fds, 2, -1);
			status = fds[1].revents & POLLERR ? STATUS_UNDECIDED : STATUS_DONE;
		}
	}
	events_close(&events);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct watching w = { .op = OPERATOR_INIT(verb) };
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &w, &none);
	if (status != VERB_GO)
		return status;

	if (!w.json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return token_desk_run(&w.op, &w.desk);
	return print_events(&w.op, w.json);
}

const struct verb token_watch_verb = {
	.group = "token",
	.name = "watch",
	.summary = "Asks about requests as they come",
	.options = rows,
	.run = run,
};

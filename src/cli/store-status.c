/* SPDX-License-Identifier: ISC */

/* `firma store status`: whether a daemon would use this server as its store, or why not. */

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/store-server.h"

struct status_command {
	struct store_server server;
};

static const struct option_row rows[] = {
	STORE_ROWS(struct status_command, server),
	{ 0 },
};

/* Prints a line with a foreign text. */
static int print_line(const char *name, const char *text)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (text_append_escaped(&shown, text, strlen(text)) < 0)
		return say_undecided("out of memory");
	printf("%-12s%s\n", name, bytes_str(&shown));
	return STATUS_DONE;
}

static const char *library_text(enum desk_library library)
{
	switch (library) {
	case DESK_LIBRARY_FINE:
		return "those of this version";
	case DESK_LIBRARY_OTHER:
		return "those of another version";
	default:
		return "none";
	}
}

static int print_server(const struct desk_server *s)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;

	print_line("server:", s->is_valkey ? "Valkey" : "Redis");
	print_line("version:", s->version);
	print_line("role:", s->role);
	print_line("log:", s->has_aof ? "appendonly" : "none");
	print_line("synced:", s->fsync[0] != '\0' ? s->fsync : "not told");
	print_line("when full:", s->eviction);
	print_line("functions:", library_text(s->library));
	if (desk_server_judge(s, false, &why))
		return STATUS_DONE;

	say_flush();
	say("a daemon would not use it: %s", bytes_str(&why));
	return STATUS_REFUSED;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct status_command c = { .server = { .timeout = STORE_TIMEOUT } };
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &operands);
	if (status != VERB_GO)
		return status;

	status = store_server_open(verb, operands.words[0], &c.server);
	if (status == STATUS_DONE)
		status = print_server(&c.server.server);
	store_server_close(&c.server);
	return status;
}

const struct verb store_status_verb = {
	.group = "store",
	.name = "status",
	.arguments = "SERVER",
	.operands = OPERANDS_ONE,
	.operand = "server",
	.summary = "Says whether a server will do as a shared store",
	.options = rows,
	.run = run,
};

/* SPDX-License-Identifier: ISC */

/*
 * `firma store install`: installs a desk's functions in its server. From then on, daemons whose
 * firma has other functions are closed; so an existing library is replaced only with --replace.
 */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/store-server.h"
#include "ledger/store/desk-function.h"

struct install_command {
	struct store_server server;
	bool print, replace;
};

static const struct option_row rows[] = {
	STORE_ROWS(struct install_command, server),
	{ "print", 0, NULL, "only print the functions, without a server",
		OPTION_FLAG(struct install_command, print) },
	{ "replace", 0, NULL, "replace those of another version",
		OPTION_FLAG(struct install_command, replace) },
	{ 0 },
};

static int load(struct store_server *s)
{
	struct resp_item item;
	int status;

	resp_command(&s->redis.out,
		(const char *const[]){ "FUNCTION", "LOAD", "REPLACE", desk_function_text, NULL });
	status = store_server_ask(s, &item, NULL);
	if (status == STATUS_DONE)
		puts("installed " DESK_LIBRARY);
	return status;
}

static int install(struct install_command *c)
{
	switch (c->server.server.library) {
	case DESK_LIBRARY_FINE:
		puts(DESK_LIBRARY " is already installed");
		return STATUS_DONE;
	case DESK_LIBRARY_OTHER:
		if (c->replace)
			break;
		say("the server has other functions of the name " DESK_LIBRARY
		    ": --replace replaces them, and closes daemons of their version");
		return STATUS_REFUSED;
	default:
		break;
	}
	return load(&c->server);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct install_command c = { .server = { .timeout = STORE_TIMEOUT } };
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, &c, &operands);
	if (status != VERB_GO)
		return status;
	if (c.print) {
		if (operands.n > 0)
			return usage_error(verb, "--print needs no server");
		fputs(desk_function_text, stdout);
		return STATUS_DONE;
	}
	if (operands.n != 1)
		return usage_error(verb, "one server is needed");

	status = store_server_open(verb, operands.words[0], &c.server);
	if (status == STATUS_DONE)
		status = install(&c);
	store_server_close(&c.server);
	return status;
}

const struct verb store_install_verb = {
	.group = "store",
	.name = "install",
	.arguments = "[SERVER]",
	.operands = OPERANDS_ANY,
	.summary = "Puts the functions of a shared store into its server",
	.options = rows,
	.run = run,
};

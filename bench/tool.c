/* SPDX-License-Identifier: ISC */

/* Subcommands. */

#include "tool.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "batch", tool_batch },
	{ "crowd", tool_crowd },
	{ "load", tool_load },
	{ "spawn", tool_spawn },
	{ "start", tool_start },
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < N_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			int status = commands[i].run(argc - 1, argv + 1);

			if (fflush(stdout) != 0 || ferror(stdout))
				err(TOOL_FAILED, "standard output");
			return status;
		}
	}

	tool_usage("COMMAND [ARG...]");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(stderr, "  %s\n", commands[i].name);
	return TOOL_USAGE;
}

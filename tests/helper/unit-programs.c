/* SPDX-License-Identifier: ISC */

/*
 * `unit programs`: reads names of programs, one a line, and prints those that run others, each with
 * what gate/policy takes it for: "shell", "interpreter", "wrapper", or "runner" for a program that
 * runs others with some of its subcommands or options.
 */

#include "helper/unit.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "gate/policy/program.h"
#include "gate/policy/wrapper-table.h"

static const char *kind_of(const char *name)
{
	enum program program = program_of(name);

	if (program != PROGRAM_PLAIN)
		return program_text(program);
	return wrapper_find(name) ? "runner" : NULL;
}

int unit_programs(int argc, char **argv)
{
	cleanup(free_p) char *names = NULL;
	char *rest, *name;
	size_t len;

	(void)argv;
	if (argc != 1)
		return unit_usage("programs <NAMES");

	names = unit_read(stdin, &len);
	for (rest = names; (name = strsep(&rest, "\n"));)
		if (kind_of(name))
			printf("%s %s\n", name, kind_of(name));
	return 0;
}

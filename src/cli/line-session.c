/* SPDX-License-Identifier: ISC */

/* Options other than those that take a text to run might mean anything, so they open a session. */

#include "cli/line-session.h"

#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "gate/policy/program.h"
#include "gate/shell/shell-line.h"

static bool runs_and_ends(const char *option)
{
	static const char *const options[] = { "-c", "-ec", "-uc", "-euc", "-lc", "-e", "-m",
		"--version", "-V", "--help" };

	for (size_t i = 0; i < LENGTH(options); i++)
		if (strcmp(option, options[i]) == 0)
			return true;
	return false;
}

static bool is_interactive(const char *word)
{
	enum program program = program_of(path_name(word));

	return program == PROGRAM_SHELL || program == PROGRAM_INTERPRETER;
}

/* "-e" alone is an option of shells, but takes a text in most interpreters. */
static bool has_script(const char *program, const char *word)
{
	if (strcmp(word, "-e") == 0)
		return program_of(path_name(program)) == PROGRAM_INTERPRETER;
	return word[0] != '\0' && word[0] != '+' && (word[0] != '-' || runs_and_ends(word));
}

static bool opens_session(const struct shell_command *command)
{
	const char *word = command->words, *next;

	for (size_t i = 0; i < command->n_words; i++, word = next) {
		next = word + strlen(word) + 1;
		if (is_interactive(word) && (i + 1 == command->n_words || !has_script(word, next)))
			return true;
	}
	return false;
}

int line_opens_session(const char *line, bool *ret)
{
	cleanup(shell_line_deinit) struct shell_line scanned = { 0 };
	int r;

	r = shell_line_scan(&scanned, line);
	if (r < 0)
		return r;
	*ret = false;
	for (size_t i = 0; i < scanned.n_commands; i++)
		*ret |= opens_session(&scanned.commands[i]);
	return 0;
}

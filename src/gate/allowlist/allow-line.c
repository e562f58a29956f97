/* SPDX-License-Identifier: ISC */

/*
 * The line's text is bound by the arguments. What its commands are depends on more: on the programs
 * that their names lead to, and on variables that change how a shell reads a line.
 */

#include "gate/allowlist/allow-line.h"

#include <stdbool.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "gate/policy/program.h"
#include "gate/shell/shell-call.h"
#include "gate/shell/shell-line.h"

int allow_line_kind(const struct invocation *asked, enum allow_line *ret)
{
	cleanup(shell_line_deinit) struct shell_line line = { 0 };
	const char *text = shell_call_line(asked);
	int r;

	*ret = ALLOW_LINE_NONE;
	if (!text)
		return 0;
	r = shell_line_scan(&line, text);
	if (r < 0)
		return r;
	*ret = line.fault == SHELL_PLAIN ? ALLOW_LINE_PLAIN : ALLOW_LINE_OPAQUE;
	return 0;
}

static int refuse(struct bytes *why, const char *program, const char *what)
{
	if (program)
		text_append_quoted(why, program, strlen(program));
	return bytes_refuse(why, ALLOW_LINE_UNFIT, "%s", what);
}

static int check_program(const char *path, const struct trusted *trusted, struct bytes *why)
{
	if (program_of(path_name(path)) != PROGRAM_PLAIN)
		return refuse(why, path,
			" is known to run others: what it would run is not what was seen");
	if (!trusted_has(trusted, path))
		return refuse(why, path, " is not in a trusted directory");
	return 0;
}

/* Finds the two paths of a program, the first of which is returned; NULL if it isn't claimed. */
static const char *find_program(const struct string_list *programs, const char *name)
{
	const char *at = programs->text;

	for (size_t i = 0; at && i < programs->n; i++, at += strlen(at) + 1)
		if (i % 3 == 0 && strcmp(at, name) == 0)
			return at + strlen(at) + 1;
	return NULL;
}

/* The claim must agree with the name. A relative path is another program in another directory. */
static bool is_named(const char *path, const char *name)
{
	return strcmp(strchr(name, '/') ? path : path_name(path), name) == 0;
}

static int check_command(const char *name, const struct invocation *asked,
	const struct trusted *trusted, struct bytes *why)
{
	const char *path = find_program(&asked->programs, name);
	int r;

	if (!path || !is_named(path, name))
		return refuse(why, NULL, "the request did not say which programs the line runs");
	r = check_program(path, trusted, why);
	return r != 0 ? r : check_program(path + strlen(path) + 1, trusted, why);
}

int allow_line_check(
	const struct invocation *asked, const struct trusted *trusted, struct bytes *why)
{
	cleanup(shell_line_deinit) struct shell_line line = { 0 };
	int r;

	if (!asked->environment.text || asked->environment.n > 0)
		return refuse(
			why, NULL, "variables of the environment may change what the line does");
	r = shell_line_scan(&line, shell_call_line(asked));
	for (size_t i = 0; r == 0 && i < line.n_commands; i++)
		r = check_command(line.commands[i].words, asked, trusted, why);
	return r;
}

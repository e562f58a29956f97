/* SPDX-License-Identifier: ISC */

/* Finds the programs of a line. */

#include "cli/line-claims.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cli/find-command.h"
#include "gate/limits.h"
#include "gate/shell/shell-call.h"
#include "gate/shell/shell-line.h"

/* --- the environment -------------------------------------------------------------------------- */

/* A variable's name, or a prefix of it. */
static const struct {
	const char *name;
	bool begins;
} variables[] = {
	{ "ARGV0", false },
	{ "BASHOPTS", false },
	{ "BASH_ENV", false },
	{ "BASH_FUNC_", true },
	{ "ENV", false },
	{ "GLOBIGNORE", false },
	{ "LD_", true },
	{ "SHELLOPTS", false },
	{ "ZDOTDIR", false },
};

static bool changes_lines(const char *name, size_t len)
{
	size_t n;

	for (size_t i = 0; i < LENGTH(variables); i++) {
		n = strlen(variables[i].name);
		if (variables[i].begins ? len > n && strncmp(name, variables[i].name, n) == 0
					: len == n && memcmp(name, variables[i].name, n) == 0)
			return true;
	}
	return false;
}

static int append_string(struct bytes *b, const char *text, size_t len)
{
	int r = bytes_append(b, text, len);

	return r < 0 ? r : bytes_append_char(b, '\0');
}

/*
 * For a name that can't be sent, only a prefix is claimed: it suffices to show that there is one.
 */
static int add_environment(struct bytes *b, struct invocation *asked)
{
	size_t len, n = 0;
	int r = 0;

	for (char **variable = environ; r >= 0 && *variable && n < LIMIT_NAMES; variable++) {
		len = strcspn(*variable, "=");
		if (!changes_lines(*variable, len))
			continue;
		if (len > LIMIT_STRING || !utf8_is_valid(*variable, len))
			len = strlen("LD_");
		r = append_string(b, *variable, len);
		n++;
	}
	asked->environment = string_list_of(bytes_str(b), n, b->len);
	return r;
}

/* --- programs --------------------------------------------------------------------------------- */

static bool is_real_directory(const char *path)
{
	cleanup(free_p) char *real = realpath(path, NULL);

	return real && strcmp(real, path) == 0;
}

/* Whether it is the directory in which this process looks names up. */
static bool is_here(const char *path)
{
	struct stat here, there;

	return stat(".", &here) == 0 && stat(path, &there) == 0 && here.st_dev == there.st_dev
		&& here.st_ino == there.st_ino;
}

/* With a relative element in the search path, a name in another directory is another program. */
static bool searches_relative(void)
{
	const char *path = getenv("PATH");

	if (!path)
		return false;
	while (path[0] == '/') {
		path += strcspn(path, ":");
		if (path[0] == '\0')
			return false;
		path++;
	}
	return true;
}

static bool is_sent(const struct bytes *b, const char *name)
{
	const char *at = bytes_str(b), *end = at + b->len;

	for (size_t i = 0; at < end; i++, at += strlen(at) + 1)
		if (i % 3 == 0 && strcmp(at, name) == 0)
			return true;
	return false;
}

static bool travels(const char *path)
{
	return strlen(path) <= LIMIT_PATH && path_is_normal(path)
		&& utf8_is_valid(path, strlen(path));
}

/* The name relative to the command's directory; NULL if out of memory. */
static char *name_in(const char *directory, const char *name)
{
	char *path;

	if (name[0] == '/' || !strchr(name, '/'))
		return strdup(name);
	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int add_program(struct bytes *b, const char *directory, const char *name)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(found_command_deinit) struct found_command found = { 0 };
	cleanup(free_p) char *path = name_in(directory, name);
	int r;

	if (!path)
		return -ENOMEM;
	if (is_sent(b, name) || find_command(path, &found, &why) < 0 || !travels(found.executable)
		|| !travels(found.real_path))
		return 0;

	r = append_string(b, name, strlen(name));
	if (r >= 0)
		r = append_string(b, found.executable, strlen(found.executable));
	return r < 0 ? r : append_string(b, found.real_path, strlen(found.real_path));
}

/*
 * Whether the directory in which the command runs is certain or doesn't matter. Only then is the
 * program looked up.
 */
static bool is_sure(const struct shell_line *line, const struct shell_command *command)
{
	return !line->directory || command->after_cd || command->words[0] == '/'
		|| !strchr(command->words, '/');
}

static int add_programs(struct bytes *b, const struct shell_line *line, struct invocation *asked)
{
	const char *directory = line->directory ? line->directory : asked->cwd;
	size_t n = 0;
	int r = 0;

	if (line->directory && !is_real_directory(directory))
		return 0;
	/* A hook may be started in another directory than that of the line. */
	if (searches_relative() && (line->directory || !is_here(directory)))
		return 0;
	for (size_t i = 0; r >= 0 && i < line->n_commands; i++)
		if (is_sure(line, &line->commands[i]))
			r = add_program(b, directory, line->commands[i].words);

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\0';
	asked->programs = string_list_of(bytes_str(b), n, b->len);
	return r;
}

int line_claims_add(struct line_claims *claims, struct invocation *asked)
{
	cleanup(shell_line_deinit) struct shell_line line = { 0 };
	const char *text = shell_call_line(asked);
	int r;

	if (!text)
		return 0;
	r = shell_line_scan(&line, text);
	if (r < 0 || line.fault != SHELL_PLAIN)
		return r;

	r = add_programs(&claims->programs, &line, asked);
	/* An existing claim says more, since it has the variables' values. */
	return r < 0 || asked->environment.text ? r : add_environment(&claims->environment, asked);
}

void line_claims_deinit(struct line_claims *claims)
{
	bytes_deinit(&claims->programs);
	bytes_deinit(&claims->environment);
}

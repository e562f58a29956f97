/* SPDX-License-Identifier: ISC */

/*
 * Finds lines of shell. A line adds its commands to the list (or its words, if it is opaque) and is
 * then searched for lines itself. Each line is a part of the text that holds it, so the total size
 * is a small multiple of the request's.
 */

#include "gate/policy/candidates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate/limits.h"
#include "gate/policy/program.h"
#include "gate/policy/wrapper.h"
#include "gate/shell/shell-call.h"

struct candidate_line {
	struct shell_line line;
	struct bytes words; /* of a program like git-push, with its subcommand as a word */
	struct shell_words views[SHELL_VIEWS]; /* if it is opaque */
};

static void line_free(struct candidate_line *l)
{
	shell_line_deinit(&l->line);
	bytes_deinit(&l->words);
	for (enum shell_view v = 0; v < SHELL_VIEWS; v++)
		shell_words_deinit(&l->views[v]);
	free(l);
}

/* --- adding ----------------------------------------------------------------------------------- */

/* Makes room for one more; the existing candidates may move. */
static int reserve(struct candidates *c)
{
	size_t size = c->size > 0 ? 8 * c->size : 1; /* mostly it is one */
	struct candidate *all;

	if (c->n < c->size)
		return 0;
	all = reallocarray(c->all, size, sizeof(*all));
	if (!all)
		return -ENOMEM;

	c->all = all;
	c->size = size;
	return 0;
}

static int add_line(struct candidates *c, struct candidate_line **ret)
{
	struct candidate_line **lines, *line;

	lines = reallocarray(c->lines, c->n_lines + 1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	c->lines = lines;

	line = calloc(1, sizeof(*line));
	if (!line)
		return -ENOMEM;
	line->words = (struct bytes)BYTES_PRINTED;
	c->lines[c->n_lines++] = line;
	*ret = line;
	return 0;
}

/* The path and real path that the asker claims for the name; NULL if none are claimed. */
static const char *find_program(const struct string_list *programs, const char *name)
{
	const char *at = programs->text;

	for (size_t i = 0; i < programs->n; i++, at += strlen(at) + 1)
		if (i % 3 == 0 && strcmp(at, name) == 0)
			return at + strlen(at) + 1;
	return NULL;
}

static int add_command(struct candidates *c, size_t whole, const struct shell_line *line,
	const struct shell_command *command, const char *paths)
{
	int r;

	r = reserve(c);
	if (r < 0)
		return r;

	r = candidate_init_command(&c->all[c->n], &c->all[whole], line, command, paths);
	if (r < 0)
		return r;

	c->hidden |= c->all[c->n++].hidden;
	return 0;
}

static int add_commands(struct candidates *c, size_t whole, const struct shell_line *line,
	const struct string_list *programs)
{
	const struct shell_command *command;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < line->n_commands; i++) {
		command = &line->commands[i];
		r = add_command(c, whole, line, command, find_program(programs, command->words));
	}
	return r;
}

static int add_words(
	struct candidates *c, size_t whole, const char *text, struct candidate_line *line)
{
	int r = 0;

	c->opaque = true;
	for (enum shell_view v = 0; r >= 0 && v < SHELL_VIEWS; v++) {
		r = shell_words_take(&line->views[v], text, v);
		if (r < 0 || line->views[v].n == 0)
			continue;
		r = reserve(c);
		if (r >= 0)
			r = candidate_init_words(&c->all[c->n], &c->all[whole], &line->views[v]);
		if (r >= 0)
			c->n++;
	}
	return r;
}

/* If the asker didn't describe the line, no rule allows its commands. */
static const struct string_list *claimed_programs(const struct candidates *c, const char *text)
{
	static const struct string_list none = { 0 };
	const struct request *request = c->all[0].request;

	if (!request || text != shell_call_line(&request->asked))
		return &none;
	if (!request->asked.environment.text || request->asked.environment.n > 0)
		return &none;
	return &request->asked.programs;
}

static int take_line(struct candidates *c, size_t whole, const char *text)
{
	const struct string_list *programs = claimed_programs(c, text);
	struct candidate_line *line;
	int r;

	if (c->n_lines == LIMIT_SHELL_LINES) {
		c->unread = true;
		return 0;
	}
	r = add_line(c, &line);
	if (r >= 0)
		r = shell_line_scan(&line->line, text);
	if (r < 0)
		return r;
	if (line->line.fault != SHELL_PLAIN)
		return add_words(c, whole, text, line);
	if (programs->text) {
		c->commands = c->n;
		c->n_commands = line->line.n_commands;
	}
	return add_commands(c, whole, &line->line, programs);
}

/* Adds git-push (`name`) as "git push" with the arguments from `first` on. */
static int add_dashed(struct candidates *c, size_t whole, const char *name, size_t first)
{
	static const char program[] = "git";
	struct shell_command command = { .n_words = 2 + c->all[whole].n_words - first };
	struct candidate_line *line;
	struct bytes *words;
	int r;

	if (c->n_lines == LIMIT_SHELL_LINES) {
		c->unread = true;
		return 0;
	}
	r = add_line(c, &line);
	if (r < 0)
		return r;
	words = &line->words;
	bytes_append(words, program, sizeof(program));
	bytes_append(words, name + sizeof(program), strlen(name + sizeof(program)) + 1);
	for (size_t i = first; i < c->all[whole].n_words; i++) {
		const char *text = c->all[whole].words[i].text;

		bytes_append(words, text, strlen(text) + 1);
	}
	command.words = bytes_str(words);
	r = bytes_error(words);
	return r < 0 ? r : add_command(c, whole, &line->line, &command, NULL);
}

static bool is_dashed(const char *name)
{
	return name && strncmp(name, "git-", 4) == 0 && name[4] != '\0';
}

static int find_dashed(struct candidates *c, size_t whole)
{
	const char *name = c->all[whole].executable.name, *real = c->all[whole].real.name;
	int r = 0;

	if (is_dashed(name))
		r = add_dashed(c, whole, name, 0);
	if (r >= 0 && is_dashed(real) && strcmp(real, name) != 0)
		r = add_dashed(c, whole, real, 0);
	for (size_t i = 0; r >= 0 && i < c->all[whole].n_words; i++) {
		name = c->all[whole].words[i].program.name;
		if (is_dashed(name))
			r = add_dashed(c, whole, name, i + 1);
	}
	return r;
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool runs_lines(const char *name)
{
	return name && program_runs_lines(name);
}

/*
 * Lines that a wrapper passes to a shell are known. After a shell and an option -c, each word may
 * be the line, since other options may come between and may have values.
 */
static int find_lines(struct candidates *c, size_t whole)
{
	const struct candidate *s = &c->all[whole];
	bool shell = runs_lines(s->executable.name)
		|| runs_lines(candidate_other_name(&s->executable, &s->real));
	bool option = false, ended = false;
	const char *text;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->all[whole].n_words; i++) {
		s = &c->all[whole];
		text = s->words[i].line;
		if (text)
			r = take_line(c, whole, text);
		if (r < 0)
			break;
		s = &c->all[whole];
		text = s->words[i].text;
		ended |= option && strcmp(text, "--") == 0;
		if (shell && wrapper_is_command_option(text) && !ended)
			option = true;
		else if (option && !s->words[i].line && (text[0] != '-' || ended))
			r = take_line(c, whole, text);
		shell |= c->all[whole].wrapped && runs_lines(c->all[whole].words[i].program.name);
	}
	return r;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int find_all(struct candidates *c)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		if (c->all[i].form != CANDIDATE_WORDS)
			r = find_lines(c, i);
		if (r >= 0)
			r = find_dashed(c, i);
	}
	if (r < 0)
		candidates_deinit(c);
	return r;
}

/* `r`: the result of making the first candidate. */
static int finish(struct candidates *c, int r)
{
	if (r < 0) {
		free(c->all);
		return r;
	}
	c->n = 1;
	return find_all(c);
}

int candidates_init(struct candidates *c, const struct request *request, const struct asker *asker)
{
	*c = (struct candidates){ 0 };
	return reserve(c) < 0 ? -ENOMEM : finish(c, candidate_init(&c->all[0], request, asker));
}

int candidates_init_example(struct candidates *c, const char *words, size_t n)
{
	*c = (struct candidates){ 0 };
	return reserve(c) < 0 ? -ENOMEM : finish(c, candidate_init_example(&c->all[0], words, n));
}

void candidates_deinit(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		candidate_deinit(&c->all[i]);
	free(c->all);
	for (size_t i = 0; i < c->n_lines; i++)
		line_free(c->lines[i]);
	free(c->lines);
	*c = (struct candidates){ 0 };
}

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Runs a plain line of shell (gate/shell) without a shell, from its words: line_run_open() before
 * the question, line_run_execute() after it, line_run_deinit(). Each command's program is the file
 * that was opened (cli/pinned-file.h).
 */

#include "base/bytes.h"
#include "cli/pinned-file.h"
#include "gate/shell/shell-line.h"

struct line_program {
	const char *name;        /* as written in the line */
	struct pinned_file file; /* not open: there is no such program */
};

struct line_run {
	struct shell_line line;
	struct line_program programs[SHELL_COMMANDS_MAX]; /* one for each distinct name */
};

/* Finds a program's path; NULL: there is none. The text stays valid as long as the userdata. */
typedef const char *(*line_run_find_fn)(const char *name, const void *userdata);

/*
 * `line` must be plain; its ownership moves here, also on failure. Returns 0, or a negative errno
 * with a sentence in `why` if a program must not be executed.
 */
int line_run_open(struct line_run *run, struct shell_line *line, line_run_find_fn find,
	const void *userdata, struct bytes *why);
void line_run_deinit(struct line_run *run);

/*
 * Runs the line as `sh -c` would, and returns its status. If SIGINT or SIGQUIT ends the line, it
 * ends this process as well.
 */
int line_run_execute(const struct line_run *run, char **envp);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Running a plain line of shell (gate/shell) without a shell, from its words: line_run_open()
 * before the question, line_run_execute() after it, line_run_deinit(). Each command's program is
 * the file that was opened (cli/pinned-file.h).
 */

#include "base/bytes.h"
#include "cli/pinned-file.h"
#include "gate/shell/shell-line.h"

struct line_program {
	const char *name;        /* as the line has it */
	struct pinned_file file; /* not open: there is no such program */
};

struct line_run {
	struct shell_line line;
	struct line_program programs[SHELL_COMMANDS_MAX]; /* of each command; of a name once */
};

/*
 * Finds the path of a program; NULL: there is none. The text is valid as long as the userdata.
 */
typedef const char *(*line_run_find_fn)(const char *name, const void *userdata);

/*
 * `line` must be plain, and is taken over in any case. Returns 0, or a negative errno with a
 * sentence in `why`, where a program must not be executed.
 */
int line_run_open(struct line_run *run, struct shell_line *line, line_run_find_fn find,
	const void *userdata, struct bytes *why);
void line_run_deinit(struct line_run *run);

/*
 * Runs it as `sh -c` would, with its status. A line that SIGINT or SIGQUIT ends does so for this
 * process as well.
 */
int line_run_execute(const struct line_run *run, char **envp);

/* SPDX-License-Identifier: ISC */
#pragma once

/* What an agent asks its hook: one JSON object on standard input, read by the agent's dialect. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/hook-dialect.h"

#define HOOK_QUESTION_MAX ((size_t)1 << 20)

/* How many lines one call may run. */
#define HOOK_LINES_MAX 64

struct hook_question {
	const struct hook_dialect *dialect; /* the row of this event */
	const char *tool;                   /* "" where the dialect names none */
	bool is_shell;

	/* Of a shell tool. */
	const char *session;
	char *agent; /* the agent's name, and its subagent's after a slash */
	char *cwd;
	const char *lines[HOOK_LINES_MAX];
	size_t n_lines;

	struct json_doc *doc, *lines_doc; /* own the strings */
};

/* Reads all of `fd`, but keeps at most one byte more than a question may have. */
int hook_question_read(int fd, struct bytes *ret);

/*
 * `dialect` is the first row of the agent's name. Returns 0, or a negative errno with a sentence in
 * `why`. hook_question_deinit() frees, in any case.
 */
int hook_question_parse(const struct hook_dialect *dialect, const struct bytes *text,
	struct hook_question *ret, struct bytes *why);
void hook_question_deinit(struct hook_question *question);

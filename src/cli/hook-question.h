/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * An agent's question to its hook: one JSON object on standard input, read with the agent's
 * dialect.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "cli/hook-dialect.h"
#include "cli/raw-member.h"

#define HOOK_QUESTION_MAX ((size_t)1 << 20)

/* The most lines that one call may run. */
#define HOOK_LINES_MAX 64

struct hook_question {
	const struct hook_dialect *dialect; /* the row of this event */
	const char *tool;                   /* "" if the dialect names none */
	bool is_shell;

	const char *session;
	char *agent; /* the agent's name; for a subagent, a slash and its name follow */
	char *cwd;

	/* Of a shell tool. */
	const char *lines[HOOK_LINES_MAX];
	size_t n_lines;
	char *purpose; /* what the lines are for; or NULL */

	/* Of another tool. */
	const struct json *arguments; /* an object */
	struct raw_text raw_arguments;
	const char *mcp_server, *mcp_tool; /* both, or NULL */

	struct json_doc *doc, *lines_doc; /* own the strings */
};

/* Reads `fd` to its end, but keeps at most HOOK_QUESTION_MAX + 1 bytes. */
int hook_question_read(int fd, struct bytes *ret);

/*
 * `dialect` is the first row with the agent's name. With `only_shell`, only the tool's name is read
 * of a question about another tool. Returns 0, or a negative errno with a sentence in `why`. Call
 * hook_question_deinit() in either case; `text` must outlive the question.
 */
int hook_question_parse(const struct hook_dialect *dialect, const struct bytes *text,
	bool only_shell, struct hook_question *ret, struct bytes *why);
void hook_question_deinit(struct hook_question *question);

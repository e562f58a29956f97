/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * How each coding agent speaks to its hooks: where the members of its question are, and what allows
 * and denies. One row is one kind of question of one agent; an agent with two kinds has two rows.
 *
 * A member is named by its path from the outermost object, such as "tool_input.command"; a number
 * is an element of an array.
 */

#include <stdbool.h>
#include <stddef.h>

enum hook_line_form {
	HOOK_LINE,         /* a string: one line of shell */
	HOOK_LINES_QUOTED, /* a string that holds a JSON array of lines; all of them are run */
};

#define HOOK_TOOLS_MAX 4

/*
 * For how long a hook may hold its agent, in µs. The limit that `hook install` sets is an hour; an
 * agent runs the tool when that is over.
 */
#define HOOK_WAIT_MAX UINT64_C(3300000000)

struct hook_dialect {
	const char *name;

	/* The member that names the event, and what it must be; NULL where there is none. */
	const char *event, *event_value;

	/* NULL: all that comes with this event is a line of shell. */
	const char *tool;
	const char *shell_tools[HOOK_TOOLS_MAX];

	/*
	 * Tools that run commands, or type into a shell that runs, in a way that can't be asked
	 * about: refused in any case.
	 */
	const char *opaque_tools[HOOK_TOOLS_MAX];

	const char *line;
	enum hook_line_form form;
	const char *session;
	const char *cwd, *other_cwd; /* the second where the first is not there */
	const char *directory;       /* of this one call: below `cwd` where it is relative */

	/* Names a subagent, where `subagent_mark` is there. */
	const char *subagent, *subagent_mark;

	/* Answers, each a whole JSON text. The reason stands between the two halves of `deny`. */
	const char *allow;
	const char *none; /* no opinion: the agent's own rules decide */
	const char *deny[2];
	int deny_status;
};

/* All rows; the last one has no name. */
extern const struct hook_dialect hook_dialects[];

/* The first row of that name; NULL where there is none. */
const struct hook_dialect *hook_dialect_find(const char *name);

bool hook_dialect_is_shell(const struct hook_dialect *dialect, const char *tool);
bool hook_dialect_is_opaque(const struct hook_dialect *dialect, const char *tool);

/* Shorter than PIPE_BUF, so that a pipe takes an answer whole or not at all. */
#define HOOK_ANSWER_MAX 2048

/*
 * Prints the denial, with its newline, into a buffer, and allocates nothing. `reason` is UTF-8
 * without control characters; it is cut where it is too long. Returns the length.
 */
size_t hook_dialect_print_denial(
	const struct hook_dialect *dialect, const char *reason, char ret[static HOOK_ANSWER_MAX]);

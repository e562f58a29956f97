/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * How each coding agent talks to its hooks: the members of its question, and the answers that allow
 * and deny. One row is one kind of question of one agent; an agent with two kinds has two rows.
 *
 * A member is named by its path from the outermost object, such as "tool_input.command"; a number
 * selects an element of an array.
 */

#include <stdbool.h>
#include <stddef.h>

enum hook_line_form {
	HOOK_LINE,         /* a string: one line of shell */
	HOOK_LINES_QUOTED, /* a string that holds a JSON array of lines; all of them are run */
};

#define HOOK_TOOLS_MAX 4

/* The status that denies in most dialects, and if the dialect or the answer is lost. */
#define HOOK_STATUS_DENIED 2

/*
 * The longest time that a hook may hold its agent, in µs. `hook install` sets a limit of one hour;
 * an agent runs the tool when its limit is over.
 */
#define HOOK_WAIT_MAX UINT64_C(3300000000)

struct hook_dialect {
	const char *name;

	/* The member that names the event, and its required value; NULL if there is none. */
	const char *event, *event_value;

	/* NULL: every question with this event is a line of shell. */
	const char *tool;
	const char *shell_tools[HOOK_TOOLS_MAX];

	/*
	 * Tools that run commands, or type into a running shell, in a way that the daemon can't be
	 * asked about: always refused.
	 */
	const char *opaque_tools[HOOK_TOOLS_MAX];

	const char *arguments; /* of a tool: an object */

	/*
	 * How a tool of an MCP server is told: by its name, mcp__SERVER__TOOL, or by two members
	 * that only such a tool has.
	 */
	bool mcp_names;
	const char *mcp_server, *mcp_tool;

	/*
	 * The agent types into programs that it has started, and asks no hook about that. So a
	 * shell or an interpreter without a script needs a rule that allows it.
	 */
	bool has_sessions;

	const char *line;
	const char *purpose; /* what the line is for, as the agent says; NULL: it says nothing */
	enum hook_line_form form;
	const char *session;
	const char *cwd, *other_cwd; /* the second is used if the first is missing */
	const char *directory;       /* of this one call; relative to `cwd` */

	/* The member with the subagent's name, valid if the member `subagent_mark` exists. */
	const char *subagent, *subagent_mark;

	/*
	 * Answers, each a complete JSON text. The reason goes between the two parts of `deny` and
	 * of `ask`, which leaves the question to the agent's own user. `defer` ends a run without a
	 * user; the run asks again when it is resumed. Both are NULL if the agent would run the
	 * tool.
	 */
	const char *allow;
	const char *rewrite[2]; /* allows with other arguments, which go between; or NULL */
	const char *none;       /* no opinion: the agent's own rules apply */
	const char *ask[2];
	const char *defer;
	const char *deny[2];
	int deny_status;
};

/* All rows; the last one has no name. */
extern const struct hook_dialect hook_dialects[];

/* Returns the first row with that name, or NULL. */
const struct hook_dialect *hook_dialect_find(const char *name);

bool hook_dialect_is_shell(const struct hook_dialect *dialect, const char *tool);
bool hook_dialect_is_opaque(const struct hook_dialect *dialect, const char *tool);

/* Less than PIPE_BUF, so a write to a pipe is atomic. */
#define HOOK_ANSWER_MAX 2048

/*
 * Prints an answer with a reason, such as the denial, with its newline into a buffer; allocates
 * nothing. `reason` is UTF-8 without control characters; it is cut if it is too long. Returns the
 * length.
 */
size_t hook_dialect_print(
	const char *const answer[static 2], const char *reason, char ret[static HOOK_ANSWER_MAX]);

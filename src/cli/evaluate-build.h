/* SPDX-License-Identifier: ISC */
#pragma once

/* The second contract's request that `check` sends, for actions other than commands. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/request-build.h"
#include "cli/verb.h"
#include "gate/kind.h"

/* The action to ask about: at most one of these. */
struct evaluate_build {
	const char *read, *write, *fetch, *mcp, *git, *release;
	const char *content;    /* --write: the file with the new content; "-": standard input */
	const char *capability; /* --mcp: the tool's */
};

#define EVALUATE_BUILD_ROWS(object, member)                                                    \
	{ "read", 0, "PATH", "ask about reading a file", OPTION_STRING(object, member.read) }, \
		{ "write", 0, "PATH", "ask about writing a file",                              \
			OPTION_STRING(object, member.write) },                                 \
		{ "content", 0, "FILE", "with --write: what is to be written",                 \
			OPTION_STRING(object, member.content) },                               \
		{ "fetch", 0, "URL", "ask about fetching a URL",                               \
			OPTION_STRING(object, member.fetch) },                                 \
		{ "mcp", 0, "SERVER:TOOL", "ask about calling a tool",                         \
			OPTION_STRING(object, member.mcp) },                                   \
		{ "capability", 0, "NAME", "with --mcp: the capability that it needs",         \
			OPTION_STRING(object, member.capability) },                            \
		{ "git", 0, "OPERATION", "ask about git, on the branch that follows",          \
			OPTION_STRING(object, member.git) },                                   \
	{                                                                                      \
		"release", 0, "FILE", "ask about the release whose record is in FILE",         \
			OPTION_STRING(object, member.release)                                  \
	}

/* Whether the options name an action of this contract. */
bool evaluate_build_is_asked(const struct evaluate_build *build);

/*
 * Builds the request's line, with its newline. `asker` describes who asks; its `command` holds the
 * operands. Returns STATUS_DONE, or the status to exit with, with the message already printed.
 */
int evaluate_build_line(const struct evaluate_build *build, const struct request_build *asker,
	const struct verb *verb, struct bytes *line);

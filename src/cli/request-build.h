/* SPDX-License-Identifier: ISC */
#pragma once

/* The request that `check` sends and `fingerprint` fingerprints, from options or from a file. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/verb.h"

/* What is said of the asker; NULL where neither an option nor the environment says it. */
struct request_build {
	const char *session, *sandbox, *agent, *profile;
	const char *token;
	const char *budget_state_ref;
	const char *cwd; /* NULL: the current directory */
	bool hash_all;
	bool missing_too;         /* an absolute path may be of a command that isn't there */
	const char *request_file; /* "-" is standard input; excludes everything else */
	bool described;           /* an option has said something that a file says itself */
	char **command;           /* its name and arguments, NULL-terminated */
};

/* The options that describe a request: the first rows of a verb's table. */
enum {
	REQUEST_BUILD_SESSION,
	REQUEST_BUILD_SANDBOX,
	REQUEST_BUILD_AGENT,
	REQUEST_BUILD_REQUEST,
	REQUEST_BUILD_OPTIONS
};

#define REQUEST_BUILD_ROWS                                               \
	[REQUEST_BUILD_SESSION] = { "session", 0, "ID",                  \
		"the session (default: $FIRMA_SESSION_ID or 'local')" }, \
	[REQUEST_BUILD_SANDBOX] = { "sandbox", 0, "ID",                  \
		"the sandbox (default: $FIRMA_SANDBOX_ID or 'host')" },  \
	[REQUEST_BUILD_AGENT] = { "agent", 0, "ID",                      \
		"the agent (default: $FIRMA_AGENT_ID or none)" },        \
	[REQUEST_BUILD_REQUEST] = { "request", 0, "FILE",                \
		"take the JSON request in FILE ('-': standard input)" }

/* The defaults, from the environment. */
void request_build_init(struct request_build *build);

/* Takes the value of one of these options. */
void request_build_take(struct request_build *build, int option, const char *value);

/*
 * Makes the request's line, with its newline. Returns STATUS_DONE, or the status to leave with,
 * which has been said.
 */
int request_build_line(
	const struct request_build *build, const struct verb *verb, struct bytes *line);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The request that `check` sends and `fingerprint` fingerprints, from options or from a file. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/verb.h"

/* What is said of the asker; NULL where neither an option nor the environment says it. */
struct ask {
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
enum { ASK_SESSION, ASK_SANDBOX, ASK_AGENT, ASK_REQUEST, ASK_OPTIONS };

#define ASK_ROWS                                                                            \
	[ASK_SESSION] = { "session", 0, "ID",                                               \
		"the session (default: $FIRMA_SESSION_ID or 'local')" },                    \
	[ASK_SANDBOX] = { "sandbox", 0, "ID",                                               \
		"the sandbox (default: $FIRMA_SANDBOX_ID or 'host')" },                     \
	[ASK_AGENT] = { "agent", 0, "ID", "the agent (default: $FIRMA_AGENT_ID or none)" }, \
	[ASK_REQUEST] = { "request", 0, "FILE",                                             \
		"take the JSON request in FILE ('-': standard input)" }

/* The defaults, from the environment. */
void ask_init(struct ask *ask);

/* Takes the value of one of these options. */
void ask_take(struct ask *ask, int option, const char *value);

/*
 * Makes the request's line, with its newline. Returns STATUS_DONE, or the status to leave with,
 * which has been said.
 */
int ask_build(const struct ask *ask, const struct verb *verb, struct bytes *line);

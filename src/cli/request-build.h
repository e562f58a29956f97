/* SPDX-License-Identifier: ISC */
#pragma once

/* Builds the request for `check` and `fingerprint`, from options or from a file. */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/find-command.h"
#include "cli/verb.h"
#include "gate/invocation.h"

/* What is said about the asker; NULL if neither an option nor the environment says it. */
struct request_build {
	struct invocation asked; /* without directory: the current one; program: from `command` */
	const char *token;
	const char *budget_state_ref;
	bool hash_all;
	bool spare;               /* do not consume an approved token */
	bool resume;              /* reuse a live token for the same question */
	bool prompt;              /* ask whether any operator could approve */
	bool detail;              /* ask for more in the reply, such as the record's ID */
	bool missing_too;         /* accept the absolute path of a command that doesn't exist */
	const char *request_file; /* "-" is standard input; excludes all other options */
	bool described;           /* an option was given that a request file would contain */
	char **command;           /* its name and arguments, NULL-terminated */
};

/* The options that describe a request. `member` of the object is a struct request_build. */
#define REQUEST_BUILD_ROWS(object, member)                                                       \
	{ "session", 0, "ID", "the session (default: $FIRMA_SESSION_ID or 'local')",             \
		OPTION_STRING(object, member.asked.session_id),                                  \
		OPTION_GIVEN(object, member.described) },                                        \
		{ "sandbox", 0, "ID", "the sandbox (default: $FIRMA_SANDBOX_ID or 'host')",      \
			OPTION_STRING(object, member.asked.sandbox_id),                          \
			OPTION_GIVEN(object, member.described) },                                \
	{                                                                                        \
		"agent", 0, "ID", "the agent (default: $FIRMA_AGENT_ID or none)",                \
			OPTION_PARSED(object, member.asked.agent_id, request_build_parse_agent), \
			OPTION_GIVEN(object, member.described)                                   \
	}

#define REQUEST_BUILD_FILE_ROW(object, member)                                               \
	{                                                                                    \
		"request", 0, "FILE", "take the JSON request in FILE ('-': standard input)", \
			OPTION_STRING(object, member.request_file)                           \
	}

#define REQUEST_BUILD_TOKEN_ROW(object, member)                                         \
	{                                                                               \
		"token", 0, "ID", "ask again with this approval token",                 \
			OPTION_PARSED(object, member.token, request_build_parse_token), \
			OPTION_GIVEN(object, member.described), .wants = "an ID"        \
	}

/* Claims that the fingerprint does not have: for the verbs that ask or explain. */
#define REQUEST_BUILD_CLAIM_ROWS(object, member)                                            \
	{                                                                                   \
		"profile", 0, "NAME", "the profile (default: $FIRMA_PROFILE or 'default')", \
			OPTION_STRING(object, member.asked.profile),                        \
			OPTION_GIVEN(object, member.described)                              \
	}

#define REQUEST_BUILD_REASON_ROW(object, member)                                               \
	{                                                                                      \
		"reason", 0, "TEXT", "what it is for, for the person who decides",             \
			OPTION_PARSED(object, member.asked.purpose, request_build_parse_text), \
			OPTION_GIVEN(object, member.described),                                \
			.wants = "a text of at most 1024 bytes"                                \
	}

/* Functions for options. A token's ID must not be blank, nor a text, which has a limit, too. */
bool request_build_parse_text(const char *value, void *to);
bool request_build_parse_agent(const char *value, void *to);
bool request_build_parse_token(const char *value, void *to);

/* Sets the defaults from the environment. */
void request_build_init(struct request_build *build);

/* Sets the defaults without reading the environment. */
void request_build_init_bare(struct request_build *build);

/*
 * Builds the request's line, with its newline. Returns STATUS_DONE, or the status to exit with,
 * with the message already printed.
 */
int request_build_line(
	const struct request_build *build, const struct verb *verb, struct bytes *line);

/* The same for a command that was found before. Reads only the options and `command` of `build`. */
int request_build_found(
	const struct request_build *build, const struct found_command *command, struct bytes *line);

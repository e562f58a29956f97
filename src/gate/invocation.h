/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an asker wants to do, and what it says about the circumstances. A request holds an
 * invocation, and so does the token that is issued for it. Each member except `kind` has a row in
 * the table of gate/fields.
 *
 * By the first contract it is one program and its arguments: `executable` is set. By the second
 * contract it is an action of some kind on a target: `executable` is NULL. Members of the other
 * contract are NULL.
 */

#include <stddef.h>
#include <stdint.h>

#include "gate/kind.h"

/*
 * `n` strings that follow one another, each ended by NUL; `len` bytes in total. A request is far
 * shorter than 4 GiB (gate/limits), and each token has several lists.
 */
struct string_list {
	const char *text;
	uint32_t n, len;
};

static inline struct string_list string_list_of(const char *text, size_t n, size_t len)
{
	return (struct string_list){ text, (uint32_t)n, (uint32_t)len };
}

/* A string is NULL if the asker did not send it. The owner of the struct owns the strings. */
struct invocation {
	enum kind kind; /* KIND_EXEC by the first contract */

	const char *executable;
	struct string_list args; /* without the command's own name */
	const char *session_id, *sandbox_id, *profile;
	const char *agent_id; /* NULL also if it was empty */
	const char *cwd, *real_path, *executable_sha256;

	/*
	 * About the line that a shell is given; text is NULL if the asker did not send it. A
	 * program is three strings: a command's name as written in the line, the program's path,
	 * and its real path (all links followed). `environment` has the names of variables that
	 * change what a line does.
	 */
	struct string_list programs, environment;

	/* By the second contract. */
	const char *action_type;     /* of KIND_OTHER */
	const char *target;          /* as sent */
	const char *compared_target; /* the form that rules see; NULL if it is the target as sent */
	const char *real_target;
	const char *operation, *server, *tool, *capability, *actor;

	/* To be written: all of it, or the text to replace and its replacement. */
	const char *content, *content_sha256;
	const char *old_text, *new_text;

	/*
	 * The verified CI runner that asks: "KEY=VALUE", as gate/runner/issuer makes them. A fact,
	 * not a claim: it is never read from a request.
	 */
	struct string_list runner;

	/*
	 * The record of a release: "KEY=VALUE", in the order of gate/release; without the members
	 * about its approval.
	 */
	struct string_list release;

	/*
	 * Set by a front end that runs as root, such as sudo's plugin. `via`: which one, "sudo".
	 * `run_as`: the user and group that the command would run as, "UID:GID". NULL: the asker
	 * would run the command itself.
	 */
	const char *via, *run_as;

	const char *purpose; /* what it is for, for people; NULL also if it was empty */
};

/* The members of struct invocation, in the order in which they are read, compared and printed. */
enum field {
	FIELD_EXECUTABLE,
	FIELD_ARGS,
	FIELD_ACTION_TYPE,
	FIELD_TARGET,
	FIELD_COMPARED_TARGET,
	FIELD_REAL_TARGET,
	FIELD_OPERATION,
	FIELD_SERVER,
	FIELD_TOOL,
	FIELD_CAPABILITY,
	FIELD_CWD,
	FIELD_REAL_PATH,
	FIELD_EXECUTABLE_SHA256,
	FIELD_PROGRAMS,
	FIELD_ENVIRONMENT,
	FIELD_AGENT_ID,
	FIELD_SESSION_ID,
	FIELD_SANDBOX_ID,
	FIELD_PROFILE,
	FIELD_ACTOR,
	FIELD_CONTENT_SHA256,
	FIELD_CONTENT,
	FIELD_OLD_TEXT,
	FIELD_NEW_TEXT,
	FIELD_RELEASE,
	FIELD_RUNNER,
	FIELD_VIA,
	FIELD_RUN_AS,
	FIELD_PURPOSE,
	FIELDS,
};

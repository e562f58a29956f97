/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an asker wants to run: one program, its arguments, and what the asker says about the
 * circumstances. A request holds an invocation, and so does the token that is issued for it. The
 * table of the members is in gate/fields.
 */

#include <stddef.h>

/* `n` strings that follow one another, each ended by NUL; `len` bytes in total. */
struct string_list {
	const char *text;
	size_t n, len;
};

/* A string is NULL if the asker did not send it. The owner of the struct owns the strings. */
struct invocation {
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
};

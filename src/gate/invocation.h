/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What is asked: one program, its arguments, and what the asker says of the circumstances. A
 * request holds an invocation, and so does the token that is issued for it. gate/fields has the
 * table of its members.
 */

#include <stddef.h>

/* `n` strings in a row, each ended by NUL; `len` bytes in all. */
struct string_list {
	const char *text;
	size_t n, len;
};

/* A string is NULL where the asker did not send it. The owner of the struct owns the strings. */
struct invocation {
	const char *executable;
	struct string_list args; /* without the command's own name */
	const char *session_id, *sandbox_id, *profile;
	const char *agent_id; /* NULL also where it was empty */
	const char *cwd, *real_path, *executable_sha256;

	/*
	 * Of a line that a shell is given; text is NULL where the asker did not send it. A program
	 * is three strings: a command's name as the line has it, the program's path, and where that
	 * ends up when every link is followed. The environment is names of variables that change
	 * what a line does.
	 */
	struct string_list programs, environment;
};

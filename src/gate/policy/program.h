/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Programs that run what their arguments say: what such a one would do is not seen in its name. A
 * name is known also with something behind it that is no letter ("python3.11", "bash-static"), and
 * busybox and toybox with anything, as they themselves see it.
 * The lists can't be complete; whatever a rule allows besides them is the rule's affair.
 */

#include <stdbool.h>

enum program {
	PROGRAM_PLAIN,
	PROGRAM_SHELL,
	PROGRAM_INTERPRETER,
	PROGRAM_WRAPPER, /* runs another command, which its arguments name */
};

/* Such as "shell". */
const char *program_text(enum program program);

/* By the file's name, without directories. */
enum program program_of(const char *name);

/* Whether it is the program of many names that takes its own from the link (busybox). */
bool program_is_multicall(const char *name);

/* The wrappers that may run what is in no argument of theirs by itself. */
bool program_is_env(const char *name);
bool program_is_xargs(const char *name);

/*
 * What the names that a pattern fits may be: *ret_name is one of those that are known. A pattern
 * without '*' and '?' is a name.
 */
enum program program_of_pattern(const char *pattern, const char **ret_name);

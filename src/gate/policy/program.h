/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Programs that run what their arguments say: their name does not say what they would do. With
 * which suffixes a name is known, program-name.h says.
 * The lists can't be complete: a rule that allows another program answers for what it runs.
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

/* Whether coreutils knows itself by this name; by another, its first argument is one. */
bool program_is_coreutil(const char *name);

/* Whether an option -c of it runs a string, and any word may follow it (su, script). */
bool program_runs_strings(const char *name);

/* Whether it always runs what no argument of it shows by itself (xargs, watch). */
bool program_is_hidden(const char *name);

/* Whether it runs others in some of its uses, as its arguments or files say (make, ssh, sed). */
bool program_can_run(const char *name);

/* Whether options may stand before its subcommand: git -C x push. */
bool program_has_verbs(const char *name);

/*
 * What the names that a pattern fits may be: *ret_name is one of those that are known. A pattern
 * without '*' and '?' is a name.
 */
enum program program_of_pattern(const char *pattern, const char **ret_name);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Programs that run what their arguments say, so that their name doesn't tell what they do. The
 * suffixes that a name may have are in program-name.h. The lists can't be complete: a rule that
 * allows another program is responsible for what that runs.
 */

#include <stdbool.h>

enum program {
	PROGRAM_PLAIN,
	PROGRAM_SHELL,
	PROGRAM_INTERPRETER,
	PROGRAM_WRAPPER, /* runs another command, given in its arguments */
};

/* Such as "shell". */
const char *program_text(enum program program);

/* By the file's name, without directories. */
enum program program_of(const char *name);

/* Whether it is one program with many names, chosen by the link that is called (busybox). */
bool program_is_multicall(const char *name);

/*
 * Whether it does another thing under another name (systemctl is also reboot), so that a rule about
 * a name that leads to it is not about the program.
 */
bool program_acts_by_name(const char *name);

/* Whether coreutils acts as this program. Under an unknown name, its first argument is the name. */
bool program_is_coreutil(const char *name);

/* Whether its option -c runs a line of shell: a shell, or a program such as su or script. */
bool program_runs_lines(const char *name);

/* Whether it always runs commands that its arguments don't show (xargs, watch). */
bool program_is_hidden(const char *name);

/* Whether it can run others, depending on its arguments or files (make, ssh, sed). */
bool program_can_run(const char *name);

/* The same with this subcommand: "go run". The subcommand may be a pattern. */
bool program_verb_can_run(const char *name, const char *verb);

/* Whether options may stand before its subcommand: git -C x push. */
bool program_has_verbs(const char *name);

/* Whether it neither runs others, as far as is known, nor has subcommands. */
bool program_is_simple(const char *name);

/*
 * The kind of the programs whose names the pattern fits; *ret_name is a known one. A pattern
 * without '*' and '?' is a name.
 */
enum program program_of_pattern(const char *pattern, const char **ret_name);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the commands among the arguments of a program, which may be a wrapper, as the one that it
 * runs may be. Where gate/policy/wrapper-table says where the command begins, only that word is
 * one. From the first option that isn't known on, each word may be.
 */

#include <stddef.h>

#include "gate/policy/candidate-word.h"

struct wrapped {
	struct candidate_word *words; /* set: `command`, `line` and `ends` */
	size_t n;
	bool found;  /* there are commands among the words */
	bool hidden; /* what is run is not to be seen among the words */
};

/* `name`: of the program. Called once for each name that it has. */
void wrapper_find_commands(struct wrapped *wrapped, const char *name);

/* Each of the words may be a command. */
void wrapper_open_words(struct wrapped *wrapped);

/* -c, --command and --session-command run a string, also in a cluster or abbreviated. */
bool wrapper_is_command_option(const char *word);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the commands among the arguments of a program. The program may be a wrapper, and so may the
 * program that it runs. If gate/policy/wrapper-table says where the command begins, only that word
 * is a command. After an unknown option, each further word may be one.
 */

#include <stddef.h>

#include "gate/policy/candidate-word.h"

/* If more of them follow each other, the directory is not known. */
#define WRAPPED_DIRECTORIES_MAX 4

struct wrapped {
	struct candidate_word *words; /* the functions set `command`, `line` and `ends` */
	size_t n;
	bool found;  /* some words may be commands */
	bool hidden; /* the words don't show all that is run */

	/* The directories into which wrappers go, each relative to the one before. */
	const char *directories[WRAPPED_DIRECTORIES_MAX];
	size_t n_directories; /* WRAPPED_DIRECTORIES_MAX + 1: not known */
};

/* `name`: the program's. Call once for each name that it has. */
void wrapper_find_commands(struct wrapped *wrapped, const char *name);

/* Treats each of the words as a possible command. */
void wrapper_open_words(struct wrapped *wrapped);

/* -c, --command and --session-command run a string, also in a cluster or abbreviated. */
bool wrapper_is_command_option(const char *word);

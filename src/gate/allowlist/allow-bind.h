/* SPDX-License-Identifier: ISC */
#pragma once

/* How an entry of the allowlist is bound to a directory and arguments, and to programs. */

#include <stddef.h>

#include "gate/invocation.h"

/* "sha256:cwd-argv:v1:" and the hash, in hex. */
#define ALLOW_BOUND_PREFIX "sha256:cwd-argv:v1:"
#define ALLOW_BOUND_LEN (sizeof(ALLOW_BOUND_PREFIX) - 1 + 64)

/* Writes the hash of a directory and arguments, in the form of `argPattern`. */
void allow_bind(
	const char *cwd, const char *args, size_t n_args, char ret[static ALLOW_BOUND_LEN + 1]);

/* Writes the prefix and the hash of a text and a list of strings. */
void allow_bind_list(
	const char *prefix, const char *text, const char *strings, size_t n, char *ret);

/* "sha256:programs:v1:" and the hash, in hex. */
#define ALLOW_PROGRAMS_PREFIX "sha256:programs:v1:"
#define ALLOW_PROGRAMS_LEN (sizeof(ALLOW_PROGRAMS_PREFIX) - 1 + 64)

/* Writes the hash of the programs of a line, in the form of `programs`. */
void allow_bind_programs(
	const struct string_list *programs, char ret[static ALLOW_PROGRAMS_LEN + 1]);

/* SPDX-License-Identifier: ISC */
#pragma once

/* How an entry of the allowlist is bound to a directory and arguments, and to programs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/invocation.h"

/*
 * The forms of `argPattern`, each followed by a hash in hex. The first is of entries with the usual
 * scope (gate/standing). The others are of entries with a scope of their own; the last two have
 * patterns for the arguments. A daemon that does not know scopes does not know these forms, and an
 * entry with an unknown form matches nothing.
 */
enum allow_form {
	ALLOW_USUAL,
	ALLOW_SCOPED_DIRECTORY,
	ALLOW_SCOPED,
	ALLOW_PATTERNS_DIRECTORY,
	ALLOW_PATTERNS,
	ALLOW_FORMS
};

/* The longest form, and a hash. */
#define ALLOW_BOUND_LEN (sizeof("sha256:cwd-argv:v1:") - 1 + 64)

/* The form for a scope. */
enum allow_form allow_form_of(uint8_t scope, bool has_patterns);

/* What the form's hash is of: the directory, the arguments, both or nothing. */
bool allow_form_has_directory(enum allow_form form);
bool allow_form_has_arguments(enum allow_form form);

/* The form of a whole `argPattern`; ALLOW_FORMS: it is none of them. */
enum allow_form allow_form_parse(const char *arg_pattern);

/* Writes the hash of the directory and the arguments, as far as the form has them. */
void allow_bind(enum allow_form form, const char *cwd, const struct string_list *args,
	char ret[static ALLOW_BOUND_LEN + 1]);

/* Writes the prefix and the hash of a text and a list of strings. */
void allow_bind_list(
	const char *prefix, const char *text, const char *strings, size_t n, char *ret);

/* "sha256:programs:v1:" and the hash, in hex. */
#define ALLOW_PROGRAMS_PREFIX "sha256:programs:v1:"
#define ALLOW_PROGRAMS_LEN (sizeof(ALLOW_PROGRAMS_PREFIX) - 1 + 64)

/* Writes the hash of the programs of a line, in the form of `programs`. */
void allow_bind_programs(
	const struct string_list *programs, char ret[static ALLOW_PROGRAMS_LEN + 1]);

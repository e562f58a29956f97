/* SPDX-License-Identifier: ISC */
#pragma once

/* How an entry of the allowlist is bound to a directory and arguments, and to programs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/invocation.h"

/*
 * The forms of an entry's `argPattern`: a prefix and a hash in hex. ALLOW_USUAL is for entries with
 * the usual scope (gate/standing), the others for entries with a named scope; ALLOW_PATTERNS_...
 * also have patterns for the arguments. An entry with an unknown form matches nothing: so older
 * daemons, which do not know scopes, ignore entries with one.
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

/* What the form's hash covers: the directory, the arguments, both or nothing. */
bool allow_form_has_directory(enum allow_form form);
bool allow_form_has_arguments(enum allow_form form);

/* The form of a whole `argPattern`; ALLOW_FORMS: it is none of them. */
enum allow_form allow_form_parse(const char *arg_pattern);

/* Writes the `argPattern`: the prefix, and the hash of what the form covers. */
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

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The environment of an approved command. Variables are dropped if they make a program load or
 * start something that its arguments don't name: libraries, modules, start-up files, options,
 * helpers. This doesn't cover configuration files or PATH.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define ENVIRONMENT_KEEP_MAX 32

/* Names of variables to keep, whatever their effect. */
struct environment_keep {
	const char *names[ENVIRONMENT_KEEP_MAX];
	size_t n;
};

/* An option_parse_fn: adds a name to a struct environment_keep. */
bool environment_parse_keep(const char *value, void *to);

/*
 * *ret is a new array of the strings of `from` that are kept; the caller frees the array only. The
 * names of the others are appended to `dropped`, quoted, separated by ", ". Returns 0 or -ENOMEM.
 */
int environment_filter(
	char **from, const struct environment_keep *keep, char ***ret, struct bytes *dropped);

/*
 * Appends a claim for each variable of `keep` that is set: "NAME=" and the SHA-256 of its value in
 * hex, then a NUL. *ret_n is the number of claims. Returns 0 or -ENOMEM.
 */
int environment_claim(
	char **from, const struct environment_keep *keep, struct bytes *b, size_t *ret_n);

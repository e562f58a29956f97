/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The environment of a command that was approved. It loses the variables that make a program load
 * or start something else than its arguments say: libraries, modules, start-up files, options,
 * helpers. Configuration files and PATH are not among them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define ENVIRONMENT_KEEP_MAX 32

/* Names of variables that stay whatever they do. */
struct environment_keep {
	const char *names[ENVIRONMENT_KEEP_MAX];
	size_t n;
};

/* An option_parse_fn: adds a name to a struct environment_keep. */
bool environment_parse_keep(const char *value, void *to);

/*
 * *ret is a new array of the strings of `from` that stay, which the caller frees; the names of the
 * others are appended to `dropped`, quoted, with ", " between them. Returns 0 or -ENOMEM.
 */
int environment_filter(
	char **from, const struct environment_keep *keep, char ***ret, struct bytes *dropped);

/*
 * Appends what is claimed of the variables that were to be kept and are there, each as
 * "NAME=SHA-256" of the value with a NUL; *ret_n is how many they are. Returns 0 or -ENOMEM.
 */
int environment_claim(
	char **from, const struct environment_keep *keep, struct bytes *b, size_t *ret_n);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The elements of an array as they stand in the text, for whoever must change a document and keep
 * all else of it as it is. Takes the text of a value that base/json/scan has shown, and nothing
 * else.
 */

#include <stddef.h>

/* Is called for each element in its order; a negative result ends it and is its result. */
typedef int (*piece_fn)(const char *text, size_t len, void *userdata);

/* The value is no array. */
#define PIECES_OTHER 1

/* Returns 0, PIECES_OTHER, or what `fn` gave. */
int pieces_each(const char *value, size_t len, piece_fn fn, void *userdata);

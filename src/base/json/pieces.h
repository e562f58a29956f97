/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Gives the elements of an array as they stand in the text, for code that changes a part of a
 * document and keeps the rest unchanged. Takes only the text of a value that base/json/scan has
 * accepted.
 */

#include <stddef.h>

/* Called for each element in order. A negative result ends the loop and is returned. */
typedef int (*piece_fn)(const char *text, size_t len, void *userdata);

/* The value is not an array. */
#define PIECES_OTHER 1

/* Returns 0, PIECES_OTHER, or the negative result of `fn`. */
int pieces_each(const char *value, size_t len, piece_fn fn, void *userdata);

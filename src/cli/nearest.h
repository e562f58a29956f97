/* SPDX-License-Identifier: ISC */
#pragma once

/* Finds the word that was probably meant: "did you mean ...?". */

#include <stddef.h>

/*
 * Offer it one word after another; it keeps the word nearest to `word` (`len` bytes). At the end
 * `found` is NULL if no word is close enough to be a typing error.
 */
struct nearest {
	const char *word;
	size_t len;
	const char *found;
	size_t distance; /* the distance of `found` */
};

void nearest_offer(struct nearest *nearest, const char *candidate);

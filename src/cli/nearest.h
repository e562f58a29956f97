/* SPDX-License-Identifier: ISC */
#pragma once

/* The word that somebody may have meant: "did you mean ...?". */

#include <stddef.h>

/*
 * Offered one word after the other, it keeps the nearest to `word` (of `len` bytes). In the end
 * `found` is NULL where none is near enough to be a slip of the fingers.
 */
struct nearest {
	const char *word;
	size_t len;
	const char *found;
	size_t distance; /* of `found` */
};

void nearest_offer(struct nearest *nearest, const char *candidate);

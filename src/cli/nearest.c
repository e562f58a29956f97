/* SPDX-License-Identifier: ISC */

/* Levenshtein distance between two short words. */

#include "cli/nearest.h"

#include <string.h>

/* Longer than any verb or option. */
#define WORD_MAX 32

/* A typing error changes at most this many letters, and less than half of the word. */
#define DISTANCE_MAX 2

static size_t least(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[WORD_MAX + 1], diagonal, above;

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			above = row[j];
			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t len = strlen(candidate), d;

	if (n->len > WORD_MAX || len > WORD_MAX)
		return;

	d = distance(n->word, n->len, candidate, len);
	if (d > DISTANCE_MAX || 2 * d >= n->len || (n->found && d >= n->distance))
		return;
	n->found = candidate;
	n->distance = d;
}

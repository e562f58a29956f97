/* SPDX-License-Identifier: ISC */

/* The tables are sorted. A code point outside of all ranges is UNICODE_HIDDEN. */

#include "base/unicode.h"

#include <stddef.h>

#include "base/array.h"
#include "base/lookalike-table.h"
#include "base/unicode-table.h"

enum unicode_class unicode_class(uint32_t c)
{
	size_t low = 0, high = LENGTH(unicode_ranges);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct unicode_range *range = &unicode_ranges[middle];

		if (c < range->first)
			high = middle;
		else if (c > range->last)
			low = middle + 1;
		else
			return (enum unicode_class)range->class;
	}

	return UNICODE_HIDDEN;
}

char unicode_lookalike(uint32_t c)
{
	size_t low = 0, high = LENGTH(lookalikes);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c < lookalikes[middle].c)
			high = middle;
		else if (c > lookalikes[middle].c)
			low = middle + 1;
		else
			return (char)lookalikes[middle].ascii;
	}

	return 0;
}

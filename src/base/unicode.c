/* SPDX-License-Identifier: ISC */

/* The ranges are sorted and don't overlap; what lies in none of them is UNICODE_HIDDEN. */

#include "base/unicode.h"

#include <stddef.h>

#include "base/unicode-table.h"

enum unicode_class unicode_class(uint32_t c)
{
	size_t low = 0, high = sizeof(unicode_ranges) / sizeof(unicode_ranges[0]);

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

/* SPDX-License-Identifier: ISC */

#include "cli/report-times.h"

#include <string.h>

#include "base/array.h"

#define MINUTE UINT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/*
 * Each width divides the next one, so bins can be merged exactly. The widest has room for all times
 * that can be recorded, 1970 to 9999: 8,030 years are 101 of its bins.
 */
static const uint64_t widths[] = {
	MINUTE,
	5 * MINUTE,
	15 * MINUTE,
	HOUR,
	6 * HOUR,
	DAY,
	7 * DAY,
	28 * DAY,
	52 * 7 * DAY,
	1040 * 7 * DAY,
	4160 * 7 * DAY,
};

static uint64_t next_width(uint64_t width)
{
	size_t i = 0;

	while (i + 1 < LENGTH(widths) && widths[i] <= width)
		i++;
	return widths[i];
}

static void widen(struct report_times *t)
{
	const struct report_times old = *t;
	size_t to;

	t->width = next_width(old.width);
	t->begin = old.begin - old.begin % t->width;
	memset(t->bins, 0, sizeof(t->bins));
	for (size_t i = 0; i < old.n; i++) {
		to = (size_t)((old.begin + i * old.width - t->begin) / t->width);
		for (size_t c = 0; c < REPORT_COLUMNS; c++)
			t->bins[to][c] += old.bins[i][c];
		t->n = to + 1;
	}
}

/* Moves the bins to make room for `second`, which is before the first one. */
static void shift(struct report_times *t, uint64_t second)
{
	const uint64_t begin = second - second % t->width;
	const size_t by = (size_t)((t->begin - begin) / t->width);

	memmove(t->bins[by], t->bins[0], t->n * sizeof(t->bins[0]));
	memset(t->bins[0], 0, by * sizeof(t->bins[0]));
	t->begin = begin;
	t->n += by;
}

void report_times_add(struct report_times *t, uint64_t second, size_t column)
{
	size_t at;

	if (t->width == 0) {
		t->width = widths[0];
		t->begin = second - second % t->width;
	}
	while (second < t->begin
		&& (t->begin - second + t->width - 1) / t->width + t->n > REPORT_BINS)
		widen(t);
	if (second < t->begin)
		shift(t, second);
	while ((second - t->begin) / t->width >= REPORT_BINS)
		widen(t);

	at = (size_t)((second - t->begin) / t->width);
	t->bins[at][column]++;
	if (at >= t->n)
		t->n = at + 1;
}

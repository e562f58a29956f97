/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Decisions over time, in at most REPORT_BINS bins of equal width. If a time would need more bins,
 * all bins become wider: from one minute up to 52 weeks.
 */

#include <stddef.h>
#include <stdint.h>

#define REPORT_BINS 120
#define REPORT_COLUMNS 3 /* allowed, denied, pending */

/* All zeros at first. */
struct report_times {
	uint64_t begin; /* seconds since 1970; a multiple of the width */
	uint64_t width; /* seconds; 0 if nothing was counted yet */
	size_t n;       /* bins up to the last one that is not empty */
	uint64_t bins[REPORT_BINS][REPORT_COLUMNS];
};

/* `second`: since 1970; must be before the year 2500. */
void report_times_add(struct report_times *t, uint64_t second, size_t column);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * When to try again what failed: at once, then after pauses that double up to a maximum. Embedded
 * in its owner; all zeros: nothing failed, nothing is due.
 *
 *	retry_begin(&retry)            what failed may pass: the first try is due at once
 *	retry_is_due(&retry, now)      whether to try
 *	retry_failed(&retry, now)      the try failed: the next is due after a longer pause
 *	retry_end(&retry)              it succeeded, or there is no point in trying
 *
 * Times are µs of the boot clock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define RETRY_PAUSE_MIN CLOCK_SECOND
#define RETRY_PAUSE_MAX (30 * CLOCK_SECOND)

struct retry {
	bool waiting;
	uint64_t at;    /* when the next try is due */
	uint64_t pause; /* after the next try that fails */
};

/* Makes a try due at once. While waiting already: changes nothing, so that the pauses grow on. */
void retry_begin(struct retry *retry);

/* Nothing where not waiting: a try may find that there is no point in another. */
void retry_failed(struct retry *retry, uint64_t now);
void retry_end(struct retry *retry);

bool retry_is_due(const struct retry *retry, uint64_t now);

/* When it is due; CLOCK_NEVER while not waiting. */
uint64_t retry_due(const struct retry *retry);

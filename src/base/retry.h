/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * When to retry a failed operation: at once, then after pauses that double up to a maximum.
 * Embedded in its owner; all zeros: nothing failed, nothing is due.
 *
 *	retry_begin(&retry)            the failure may be temporary: a try is due at once
 *	retry_is_due(&retry, now)      whether to try
 *	retry_failed(&retry, now)      the try failed: the next is due after a longer pause
 *	retry_end(&retry)              the try succeeded, or another has no use
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
	uint64_t pause; /* the pause after the next failed try */
};

/* Makes a try due at once. Does nothing while waiting, so that the pauses continue to grow. */
void retry_begin(struct retry *retry);

/* Does nothing if not waiting: the try itself may have called retry_end(). */
void retry_failed(struct retry *retry, uint64_t now);
void retry_end(struct retry *retry);

bool retry_is_due(const struct retry *retry, uint64_t now);

/* When the next try is due; CLOCK_NEVER if not waiting. */
uint64_t retry_due(const struct retry *retry);

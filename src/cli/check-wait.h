/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Asking again until somebody has decided: `check --wait`. The daemon holds the answer back, so
 * that nothing is polled; one that is restarted meanwhile is waited for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/ask.h"

struct check_wait {
	const struct ask *ask; /* its timeout is also for a daemon that is away */
	uint64_t time;         /* µs; CLOCK_NEVER: until the token expires */
	const char *token;     /* the pending request's */
	bool named;            /* the request names it already */
};

/*
 * `request`: the line that became pending, with its newline; it is changed. Returns STATUS_DONE
 * with the last reply's line, which may still be pending where the time is over, or
 * STATUS_UNDECIDED, which has been said.
 */
int check_wait_until_decided(
	const struct check_wait *hold, struct bytes *request, struct bytes *reply);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Asking again until somebody has decided: `check --wait`. The daemon holds the answer back, so
 * that nothing is polled; one that is restarted meanwhile is waited for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gate/wire/reply.h"

/* Asks once. Returns STATUS_DONE with the reply's line, or a status, with why it failed. */
typedef int (*check_wait_ask_fn)(const struct bytes *request, uint64_t timeout, struct bytes *reply,
	struct bytes *why, const void *userdata);

struct check_wait {
	check_wait_ask_fn ask;
	const void *userdata;
	uint64_t time;     /* µs; CLOCK_NEVER: until the token expires */
	uint64_t timeout;  /* for an exchange beyond the waiting, and for a daemon that is away */
	const char *token; /* the pending request's */
	bool named;        /* the request names it already */
};

/*
 * `request`: the line that became pending, with its newline; it is changed. Returns STATUS_DONE
 * with the last reply's line, which may still be pending where the time is over, or
 * STATUS_UNDECIDED, which has been said. A signal that ends the program says how to go on.
 */
int check_wait_until_decided(
	const struct check_wait *hold, struct bytes *request, struct bytes *reply);

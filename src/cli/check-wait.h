/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * `check --wait`: asks again until somebody has decided. The daemon holds the reply, so there is no
 * polling. If the daemon restarts, the wait goes on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/ask.h"

struct check_wait {
	const struct ask *ask; /* its timeout also limits how long the daemon may be away */
	uint64_t time;         /* µs; CLOCK_NEVER: until the token expires */
	char *token;           /* the pending request's; NOTATION_UUID_LEN + 1 bytes */
	bool tell;             /* say it when the reason of a pending reply changes */

	/* Called when the request waits with another token: `token` is that one now. Or NULL. */
	void (*moved)(const char *token);
};

/*
 * `request` is the line that became pending, with its newline. Returns STATUS_DONE with the last
 * reply's line (still pending if the time is over), or STATUS_UNDECIDED, with the message already
 * printed.
 *
 * If several have asked the same question, and another one has used the approval, the request goes
 * on with the new token that the daemon names.
 */
int check_wait_until_decided(
	const struct check_wait *hold, const struct bytes *request, struct bytes *reply);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Asking the daemon once at the agent door: a line, and the one line that answers it. */

#include <stdint.h>

#include "base/bytes.h"
#include "cli/client.h"

struct ask {
	const char *socket;    /* NULL: the usual place */
	enum client_peer peer; /* who must listen there */
	uint64_t timeout;      /* µs: for one exchange, beyond the time that a request waits */
};

/*
 * `request` has its newline; `wait` (µs) is for how long it lets the daemon hold it. Returns
 * STATUS_DONE with the reply's line, or STATUS_UNDECIDED with a sentence in `why`.
 */
int ask_once(const struct ask *ask, const struct bytes *request, uint64_t wait, struct bytes *reply,
	struct bytes *why);

/* SPDX-License-Identifier: ISC */
#pragma once

/* One exchange with the daemon at the agent door: a request line, and one reply line. */

#include <stdint.h>

#include "base/bytes.h"
#include "cli/client.h"
#include "cli/runner-key.h"

struct ask {
	const char *socket;        /* NULL: the usual place */
	const char *trusted;       /* used instead: a socket trusted by its place */
	enum client_peer peer;     /* the required listener */
	struct runner_key *signer; /* signs each request; or NULL */
	uint64_t timeout;          /* µs for one exchange, plus the time a request waits */
};

/*
 * `request` ends with a newline; the daemon may hold it for `wait` µs. Returns STATUS_DONE with the
 * reply's line, or STATUS_UNDECIDED with a sentence in `why`.
 */
int ask_once(const struct ask *ask, const struct bytes *request, uint64_t wait, struct bytes *reply,
	struct bytes *why);

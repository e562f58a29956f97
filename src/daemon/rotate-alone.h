/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Rotates the evidence log while no daemon runs. Opens the state directory, the store and the log
 * as a starting daemon does, which includes recovery after a crash; rotates the log; and closes
 * everything as a stopping daemon does.
 */

#include "base/bytes.h"
#include "ledger/evidence/evidence.h"

struct rotate_alone {
	const char *state_dir, *log;    /* absolute */
	struct evidence_key_option key; /* signs the log */
};

/* Nothing was rotated; `why` has the reason. */
enum { ROTATE_ALONE_REFUSED = 1 };

/*
 * Appends the path of the closed segment, escaped, to `segment`. The new log has the old one's
 * group. Returns 0, ROTATE_ALONE_REFUSED or a negative errno.
 */
int rotate_alone(const struct rotate_alone *o, struct bytes *segment, struct bytes *why);

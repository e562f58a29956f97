/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Rotates the log of evidence where no daemon runs. The state directory, the store and the log are
 * opened as at a daemon's start, which finishes what a crash has left. Then the log is rotated as
 * by a daemon, and all is put to rest as at a daemon's end.
 */

#include "base/bytes.h"
#include "ledger/evidence/evidence.h"

struct rotate_alone {
	const char *state_dir, *log;    /* absolute */
	struct evidence_key_option key; /* signs the log */
};

/* Nothing was rotated: the reason was appended to `why`. */
enum { ROTATE_ALONE_REFUSED = 1 };

/*
 * The log keeps its group of readers. Appends the path of the closed segment, escaped, to
 * `segment`. Returns 0, ROTATE_ALONE_REFUSED or a negative errno.
 */
int rotate_alone(const struct rotate_alone *o, struct bytes *segment, struct bytes *why);

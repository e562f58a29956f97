/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * How much of the log of evidence each uid has filled with requests that were denied: a bucket a
 * uid, which holds LIMIT_EVIDENCE_OF_UID bytes and drains within LIMIT_EVIDENCE_TIME. All zeros is
 * a budget of which nobody has taken anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/limits.h"

struct evidence_bucket {
	uid_t uid;
	uint64_t level; /* bytes */
	uint64_t at;    /* µs of the boot clock when it had this level */
};

struct evidence_budget {
	struct evidence_bucket buckets[LIMIT_EVIDENCE_UIDS];
	size_t n;
};

/*
 * Takes so many bytes from a uid's budget. False: not so much is left, or too many uids have taken
 * something; nothing was taken then. `now`: µs of the boot clock.
 */
bool evidence_budget_take(struct evidence_budget *budget, uid_t uid, uint64_t bytes, uint64_t now);

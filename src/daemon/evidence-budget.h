/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Limits how many bytes of the evidence log each uid fills with requests that are denied or
 * pending. A leaky bucket for each uid: it holds LIMIT_EVIDENCE_OF_UID bytes and drains within
 * LIMIT_EVIDENCE_TIME. All zeros is an unused budget.
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
 * Takes `bytes` from a uid's budget. `now`: µs of the boot clock. Returns false, and takes nothing,
 * if less is left or if all buckets are in use by other uids.
 */
bool evidence_budget_take(struct evidence_budget *budget, uid_t uid, uint64_t bytes, uint64_t now);

/*
 * When all buckets will be empty, in µs of the boot clock; 0 if they are. The budget is only in
 * memory: if the daemon ended before that, each uid would get a whole new budget.
 */
uint64_t evidence_budget_end(const struct evidence_budget *budget);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy in force: which file it comes from, and whether that has changed. Embedded:
 * live_policy_init(), live_policy_refresh() before each turn, live_policy_deinit().
 *
 * A file that has a fault changes nothing: the policy before stays in force; where there was none,
 * the daemon is closed. It is closed, too, while the file can't be read for lack of descriptors or
 * memory, or after an I/O error: another policy may be there, which denies.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "daemon/policy-file.h"
#include "gate/policy/policy.h"

struct live_policy {
	const char *path; /* absolute; NULL: there is no policy, and nothing here does anything */
	uid_t owner;
	bool wants_registry; /* the document must be a registry; else it must not */
	struct bytes shown;  /* the path, escaped */

	struct policy *policy;         /* in force, or NULL */
	uint8_t hash[POLICY_HASH_LEN]; /* of its text */
	struct policy_source source;   /* of the file as it is now */
	struct bytes fault;            /* what is wrong with that; "" where nothing is */
	bool retry;                    /* read the file again, whatever stat(2) says */
	bool unknown;                  /* the file could not be read for lack of a resource */
	bool recent;                   /* its ctime is too recent to prove that it is unchanged */
	uint64_t again; /* when a fault is looked at anew, in µs of the boot clock */
};

/* What live_policy_refresh() found. */
enum live_policy_change {
	LIVE_POLICY_SAME,
	LIVE_POLICY_READ,   /* another policy is in force */
	LIVE_POLICY_FAULTY, /* there is another fault than before */
};

/* `path` may be NULL, and must stay. Error: -ENOMEM. */
int live_policy_init(struct live_policy *live, const char *path, uid_t owner);
void live_policy_deinit(struct live_policy *live);

/* Reads the file where it has changed. What `policy` pointed to may be gone then. */
enum live_policy_change live_policy_refresh(struct live_policy *live, const struct clock_time *now);

/* Why nothing may be decided; NULL where there is a policy in force, or none is wanted. */
const char *live_policy_closed(const struct live_policy *live);

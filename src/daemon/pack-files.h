/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The packs in force: those of the options, then those that the policy names. Embedded:
 * pack_files_init(), pack_files_follow() whenever another policy is in force, pack_files_deinit().
 * The owner reads the files, and sets `in_force` to the policies that were read.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/live-policy.h"
#include "gate/limits.h"
#include "gate/policy/policy.h"

struct pack_files {
	struct live_policy files[LIMIT_PACKS];
	size_t n, n_of_options;
	const struct policy *in_force[LIMIT_PACKS]; /* NULL: not read yet */
	const char *directory;                      /* of the packs that the policy names */
	char *named[LIMIT_PACKS_NAMED];             /* their paths */
	bool unknown; /* for lack of memory, not all of the policy's are in `files` */
};

/* Begins with the packs at `paths`. `paths` and `directory` must outlive it. Error: -ENOMEM. */
int pack_files_init(struct pack_files *packs, char *const *paths, size_t n, const char *directory);
void pack_files_deinit(struct pack_files *packs);

/* Replaces the packs that the policy names. `policy` may be NULL. Without memory, sets `unknown`.
 */
void pack_files_follow(struct pack_files *packs, const struct policy *policy);

/* Why no request may be decided; NULL if all packs are in force. */
const char *pack_files_closed(const struct pack_files *packs);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an approval needs in addition to an operator's word. Each rule that asks may demand
 * something. All demands count together: those in force when the token was issued, and those of the
 * policy in force when it is approved or consumed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/invocation.h"

/* Distinct groups of approvers that one token may require. */
#define DEMAND_GROUPS_MAX 64

/* The largest quorum. */
#define DEMAND_QUORUM_MAX 16

struct demand_flags {
	bool signature;  /* with a listed key */
	bool touch;      /* with a security key that was touched */
	bool verified;   /* which also asked for a PIN or a fingerprint */
	bool not_asker;  /* not by the principal of the asker's uid */
	uint64_t quorum; /* number of approvers; 0 counts as 1 */
};

struct demand {
	struct demand_flags flags;
	const char
		*groups[DEMAND_GROUPS_MAX]; /* an approver of each is needed; owned by the owner */
	size_t n_groups;
	bool too_many_groups; /* more than fit: no approval is enough */
};

void demand_add_flags(struct demand *d, const struct demand_flags *flags);
void demand_add_group(struct demand *d, const char *group);
void demand_add_groups(struct demand *d, const struct string_list *groups);

bool demand_flags_are_equal(const struct demand_flags *a, const struct demand_flags *b);

/* Whether anything is demanded. */
bool demand_is_made(const struct demand *d);

/* The number of approvers that are needed; at least 1. */
uint64_t demand_quorum(const struct demand *d);

/* Whether an approval without a signature can't count. */
bool demand_needs_signature(const struct demand *d);

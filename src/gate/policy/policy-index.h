/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the rules that may match a candidate: most can't, and are excluded without being tried.
 * Embedded in its policy: policy_index_make(), policy_index_find() for each candidate,
 * policy_index_deinit().
 */

#include <stddef.h>
#include <stdint.h>

#include "gate/limits.h"
#include "gate/policy/candidate.h"
#include "gate/policy/rule.h"

/* A rule, by the beginning of the texts that its pattern fits. */
struct policy_index_entry {
	const char *key; /* up to the pattern's first '*' or '?' */
	size_t len;
	bool whole; /* it fits only the key itself */
	uint32_t rule;
};

/* Sorted by the key. */
struct policy_index_list {
	struct policy_index_entry *entries;
	size_t n;
};

/* Hashes of the required first and last argument; 0 for any. */
struct policy_index_hint {
	uint32_t first, last;
};

struct policy_index {
	struct policy_index_list names; /* names of programs */
	struct policy_index_list paths; /* paths of programs */
	struct policy_index_list ends;  /* last segments of paths, if only the name is known */
	struct policy_index_hint *hints;
};

#define POLICY_INDEX_SET_WORDS ((LIMIT_POLICY_RULES + 63) / 64)

/* A set of rules, one bit each. */
struct policy_index_set {
	uint64_t words[POLICY_INDEX_SET_WORDS];
};

/* Error: -ENOMEM; call policy_index_deinit() in that case, too. */
int policy_index_make(struct policy_index *index, const struct rule *rules, size_t n);
void policy_index_deinit(struct policy_index *index);

/* The result includes all rules that match the candidate. */
struct policy_index_set policy_index_find(
	const struct policy_index *index, const struct candidate *s);

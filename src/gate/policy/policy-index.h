/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Which rules may match a subject: most can't, and are told from the others without being tried.
 * Embedded in its policy: index_make(), index_find() for each subject, index_deinit().
 */

#include <stddef.h>
#include <stdint.h>

#include "gate/limits.h"
#include "gate/policy/candidate.h"
#include "gate/policy/rule.h"

/* A rule, by the text with which what it fits begins. */
struct index_entry {
	const char *key; /* up to the pattern's first '*' or '?' */
	size_t len;
	bool whole; /* it fits nothing longer */
	uint32_t rule;
};

/* Sorted by the key. */
struct index_list {
	struct index_entry *entries;
	size_t n;
};

/* Of the argument that must come first, and the one that must come last: a hash, 0 for any. */
struct index_hint {
	uint32_t first, last;
};

struct policy_index {
	struct index_list names; /* names of programs */
	struct index_list paths; /* paths of programs */
	struct index_list ends;  /* last segments of these paths, where only that is known */
	struct index_hint *hints;
};

#define INDEX_SET_WORDS ((LIMIT_POLICY_RULES + 63) / 64)

/* Rules, a bit each. */
struct index_set {
	uint64_t words[INDEX_SET_WORDS];
};

/* Error: -ENOMEM; index_deinit() frees what is there. */
int index_make(struct policy_index *index, const struct rule *rules, size_t n);
void index_deinit(struct policy_index *index);

/* All that match the subject are among them. */
struct index_set index_find(const struct policy_index *index, const struct subject *s);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds patterns by the literal text at their beginning, or at their end. Embedded:
 * text_index_reserve(), text_index_add() for each pattern, text_index_sort(), then
 * text_index_find() any number of times, and text_index_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/limits.h"

#define RULE_SET_WORDS ((LIMIT_POLICY_RULES + 63) / 64)

/* A set of rules, one bit each. Empty if it is zero. */
struct rule_set {
	size_t n; /* of the words; the others hold no rule */
	uint64_t words[RULE_SET_WORDS];
};

static inline void rule_set_add(struct rule_set *set, size_t rule)
{
	if (set->n <= rule / 64)
		set->n = rule / 64 + 1;
	set->words[rule / 64] |= UINT64_C(1) << rule % 64;
}

/* The first rule of the set that is not before `from`; SIZE_MAX if there is none. */
static inline size_t rule_set_next(const struct rule_set *set, size_t from)
{
	uint64_t left;

	for (size_t w = from / 64; w < set->n; w++) {
		left = set->words[w];
		if (w == from / 64)
			left &= UINT64_MAX << from % 64;
		if (left)
			return w * 64 + (size_t)__builtin_ctzll(left);
	}
	return SIZE_MAX;
}

#define rule_set_each(rule, set)                                      \
	for (size_t rule = rule_set_next((set), 0); rule != SIZE_MAX; \
		rule = rule_set_next((set), rule + 1))

/* A rule, by the literal text of its pattern. */
struct text_index_entry {
	const char *key;
	size_t len;
	bool whole; /* the pattern fits only the key itself */
	uint32_t rule;
};

struct text_index {
	struct text_index_entry *entries; /* sorted by the key */
	size_t n, size;
	uint32_t first[257]; /* for each first byte, the first entry with that or a later one */
	bool backwards;      /* keys are the ends of patterns, and compared from their ends */
	bool any_case;       /* the case of ASCII letters doesn't matter */
};

/* Makes room for `n` more entries. Error: -ENOMEM. */
int text_index_reserve(struct text_index *index, size_t n);

/* There must be room. The key must outlive the index. */
void text_index_add(struct text_index *index, const char *key, size_t len, bool whole, size_t rule);
void text_index_sort(struct text_index *index);
void text_index_deinit(struct text_index *index);

/* Adds the rules of all entries that the text begins with, or ends with. */
void text_index_find(
	const struct text_index *index, const char *text, size_t len, struct rule_set *set);

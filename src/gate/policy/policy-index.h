/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the rules that may match a candidate: most can't, and are excluded without being tried.
 * Embedded in its policy: policy_index_make(), policy_index_find() for each candidate,
 * policy_index_deinit().
 */

#include <stddef.h>
#include <stdint.h>

#include "gate/policy/candidate.h"
#include "gate/policy/program-links.h"
#include "gate/policy/rule.h"
#include "gate/policy/text-index.h"

/* Hashes of the required first and last argument; 0 for any. */
struct policy_index_hint {
	uint32_t first, last;
};

struct policy_index {
	struct text_index names; /* names of programs */
	struct text_index paths; /* paths of programs */
	struct text_index ends;  /* last segments of paths, if only the name is known */
	struct policy_index_hint *hints;
};

/* Error: -ENOMEM; call policy_index_deinit() in that case, too. */
int policy_index_make(struct policy_index *index, const struct rule *rules, size_t n);
void policy_index_deinit(struct policy_index *index);

/* The result includes all rules that match the candidate. `links`: of the trusted directories. */
void policy_index_find(const struct policy_index *index, const struct program_links *links,
	const struct candidate *s, struct rule_set *ret);

/* Adds all rules that may be about a link. */
void policy_index_find_link(
	const struct policy_index *index, const char *path, struct rule_set *set);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the rules of one kind that may fit a target: most can't, and are excluded without being
 * tried. Embedded in its policy: target_index_make(), target_index_find() for each target,
 * target_index_deinit().
 */

#include <stddef.h>

#include "gate/policy/rule.h"
#include "gate/policy/target.h"
#include "gate/policy/text-index.h"

/* What a key is about. */
enum target_part {
	TARGET_SEGMENT, /* a segment of a path, also of a URL's */
	TARGET_NAME,    /* a URL's host, a branch, a server */
	TARGET_ACT,     /* an operation of git, a tool */
	TARGET_PARTS,
};

struct target_index {
	struct text_index begins[TARGET_PARTS], ends[TARGET_PARTS];
	struct rule_set all, always; /* all rules; the rules without a key */
};

/* Error: -ENOMEM; call target_index_deinit() in that case, too. */
int target_index_make(struct target_index *index, const struct rule *rules, size_t n);
void target_index_deinit(struct target_index *index);

/* The result includes all rules that fit the target, which must be of the index's kind. */
void target_index_find(
	const struct target_index *index, const struct target *t, struct rule_set *ret);

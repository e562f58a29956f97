/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the rules of one kind that may fit a target, without trying the others. Embedded in its
 * policy: target_index_init(), target_index_add(), target_index_sort(), then target_index_find()
 * for each target, and target_index_deinit().
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

void target_index_init(struct target_index *index);

/*
 * Adds the rules of a list that are `wanted` (NULL: all). A result has the rules' places in their
 * list: if several lists were added, it only says whether there is any rule. Error: -ENOMEM.
 */
int target_index_add(struct target_index *index, const struct rule *rules, size_t n,
	bool (*wanted)(const struct rule *rule));

void target_index_sort(struct target_index *index);
void target_index_deinit(struct target_index *index);

/* The result includes all rules that fit the target, which must be of the index's kind. */
void target_index_find(
	const struct target_index *index, const struct target *t, struct rule_set *ret);

/*
 * Adds the rules that may fit a target with this path among its texts, without those of `always`.
 */
void target_index_find_path(
	const struct target_index *index, const char *path, struct rule_set *set);

/* SPDX-License-Identifier: ISC */
#pragma once

/* What gate/policy and gate/policy-read share. */

#include <stdint.h>

#include "base/json.h"
#include "gate/limits.h"
#include "gate/policy.h"

/* A rule may be meant by a file of this name. */
struct policy_entry {
	const char *name;
	size_t rule;
};

#define POLICY_SET_WORDS ((LIMIT_POLICY_RULES + 63) / 64)

/* Rules, by their index. */
struct policy_set {
	uint64_t words[POLICY_SET_WORDS];
};

struct policy {
	struct json_doc *doc; /* owns all strings */
	const char *id, *version;
	enum decision default_action;
	bool require_budget;
	struct trusted trusted;
	struct rule *rules;
	size_t n_rules;
	bool uses_groups;

	/* Which rules a file's name could bring in: those that name it, and those with patterns. */
	struct policy_entry *entries; /* by name */
	size_t n_entries;
	struct policy_set any_name;
};

/* Makes the index. Error: -ENOMEM. */
int policy_make_index(struct policy *policy);

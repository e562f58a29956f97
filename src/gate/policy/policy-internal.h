/* SPDX-License-Identifier: ISC */
#pragma once

/* What gate/policy/policy and gate/policy/policy-read share. */

#include "base/json/tree.h"
#include "gate/policy/policy-index.h"
#include "gate/policy/policy.h"

struct policy {
	struct json_doc *doc; /* owns all strings */
	const char *id, *version;
	enum decision default_action;
	bool require_budget;
	struct trusted trusted;
	struct rule *rules;
	size_t n_rules;
	bool uses_groups;
	bool demands; /* a rule does, of an approval */
	struct approver_groups approvers;
	struct policy_index index;
};

/* Once it has been read. Error: -ENOMEM. */
int policy_finish(struct policy *policy);

/* SPDX-License-Identifier: ISC */
#pragma once

/* What gate/policy/policy and gate/policy/policy-read share. */

#include "base/json/tree.h"
#include "gate/policy/policy-index.h"
#include "gate/policy/policy.h"
#include "gate/policy/registry.h"

/* Rules that are not about argument vectors, of one kind. */
struct kind_rules {
	struct rule *rules;
	size_t n;
	struct rule otherwise; /* decides if no rule fits; its id is NULL if there is none */
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
	bool demands; /* some rule has demands on an approval */
	struct approver_groups approvers;
	struct policy_index index;

	struct kind_rules of_kind[KINDS];
	struct registry *registry; /* if the document is a registry; else NULL */
	bool compiled;             /* compiled form: without rules about argument vectors */
};

/* Call after reading. Error: -ENOMEM. */
int policy_finish(struct policy *policy);

/* Whether the document has the compiled form, and the reader of that form. Error: -ENOMEM. */
bool policy_is_compiled(const struct json *root);
int policy_read_compiled(struct policy *policy, struct faults *faults);

/* SPDX-License-Identifier: ISC */
#pragma once

/* A policy as it was read, for the files that read it and judge by it. */

#include "base/json/tree.h"
#include "gate/policy/approver-groups.h"
#include "gate/policy/faults.h"
#include "gate/policy/policy-index.h"
#include "gate/policy/registry.h"
#include "gate/policy/rule.h"
#include "gate/policy/target-index.h"
#include "gate/runner/runners.h"

/* Rules that are not about argument vectors, of one kind. */
struct kind_rules {
	struct rule *rules;
	size_t n;
	struct target_index index;
	struct rule otherwise; /* decides if no rule fits; its id is NULL if there is none */
	bool demands;          /* some rule demands an approver of a group */
};

struct policy {
	struct json_doc *doc; /* owns all strings */
	const char *id, *version;
	enum decision default_action;
	bool require_budget;
	struct trusted trusted;
	struct patterns packs; /* names of packs that are in force, too */
	struct rule *rules;
	size_t n_rules;
	bool uses_groups, uses_home;
	bool demands; /* some rule, of any kind, has demands on an approval */
	struct approver_groups approvers;
	struct runners *runners; /* or NULL */
	struct policy_index index;

	struct kind_rules of_kind[KINDS];
	struct target_index protecting; /* see policy_effects_index() */
	struct registry *registry;      /* if the document is a registry; else NULL */
	bool compiled;                  /* compiled form: no rules about argument vectors */
};

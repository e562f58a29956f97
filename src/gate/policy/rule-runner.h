/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The key `runners` of a rule: the rule is for requests of these verified runners.
 *
 *	"runners": [{"issuer": "https://…", "repository_id": "8231", "ref": "refs/heads/main"}]
 *
 * All members of one of the objects must fit. The strings belong to the document.
 */

#include "base/json/dispatch.h"
#include "gate/invocation.h"
#include "gate/policy/faults.h"
#include "gate/runner/runners.h"

struct rule_runner_fact {
	const char *key, *pattern;
};

/* One of the runners. */
struct rule_runner {
	struct rule_runner_fact *facts;
	size_t n;
};

struct rule_runners {
	struct rule_runner *any;
	size_t n;
};

/* For a row of a rule's table, whose value is a struct rule_runners. */
dispatch_take_fn rule_take_runners;

void rule_runners_deinit(struct rule_runners *runners);

/* Whether one of them is the verified runner that asks. */
bool rule_runners_fit(const struct rule_runners *runners, const struct string_list *runner);

/* Adds a fault for each one that no request could have. `place` as for faults_add(). */
void rule_runners_check(const struct rule_runners *rule, const struct runners *known,
	const char *place, struct faults *faults);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Reading a rule from JSON, and everything that can be wrong with it. */

#include "base/json/tree.h"
#include "gate/policy/policy.h"

/*
 * Reads the element of a kind's section that stands at `index`. What is wrong is added to `faults`;
 * the rule is then of no use but to rule_deinit(), which it needs in any case. Error: -ENOMEM.
 */
int rule_read(const struct json *value, enum kind kind, size_t index, const struct trusted *trusted,
	const struct policy_names *names, struct faults *faults, struct rule *ret);

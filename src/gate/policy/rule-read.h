/* SPDX-License-Identifier: ISC */
#pragma once

/* Reading a rule from JSON, and everything that can be wrong with it. */

#include "base/json/tree.h"
#include "gate/policy/policy.h"

/*
 * Reads the element at `index` of a kind's section. Faults are added to `faults`; the rule must
 * then only be passed to rule_deinit(), which is needed in any case. Error: -ENOMEM.
 */
int rule_read(const struct json *value, enum kind kind, size_t index, const struct trusted *trusted,
	const struct policy_names *names, struct faults *faults, struct rule *ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Advice about rules for which the asker's own approval does not count. */

#include "gate/policy/approver-groups.h"
#include "gate/policy/faults.h"
#include "gate/policy/rule.h"

/*
 * Warns if the policy can't tell that an approver is the asker, because it has no uid for a
 * principal who may approve what the rule is about.
 */
void approver_advise(const struct approver_groups *groups, const struct rule *rule,
	const char *place, struct faults *faults);

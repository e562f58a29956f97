/* SPDX-License-Identifier: ISC */
#pragma once

/* The judgement of a policy's rules that are not about argument vectors. */

#include "gate/policy/policy-document.h"

/* If the policy has no rule for the target, a person is asked. */
struct judgement policy_target_judge(const struct policy *policy, const struct target *target);

/* Adds the groups that must approve: those of all rules that ask and fit. */
void policy_target_add_demands(
	const struct policy *policy, const struct target *target, struct demand *d);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The judgement of a policy's rules that are not about argument vectors. */

#include "gate/policy/policy-document.h"

/* If the policy has no rule for the target, a person is asked. */
struct judgement policy_target_judge(const struct policy *policy, const struct target *target);

/*
 * Whether an approver of the rule's group must approve. Without groups in the policy, as in one of
 * the compiled form, `approvers` is only shown.
 */
bool policy_target_is_demanding(const struct policy *policy, const struct rule *rule);

/* Adds the groups that must approve: those of all rules that ask and fit. */
void policy_target_add_demands(
	const struct policy *policy, const struct target *target, struct demand *d);

/* The same for a target that is not known: all rules of its kind that ask this asker fit. */
void policy_target_add_all_demands(const struct policy *policy, enum kind kind,
	const struct request *request, const struct asker *asker, struct demand *d);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The judgement of the effects of commands, by a policy's rules that are about them. */

#include "gate/policy/candidates.h"
#include "gate/policy/policy-document.h"

/*
 * Indexes the rules that may deny a command, or require a person, because of a file that it names.
 * Call it once, after the rules were read. Error: -ENOMEM.
 */
int policy_effects_index(struct policy *policy);

/*
 * Makes `found` stricter if the commands' effects need that. A request that the allowlist may still
 * allow is judged as if it were allowed: if the effects ask or deny, the allowlist may not allow
 * it. Error: -ENOMEM.
 */
int policy_effects_judge(
	const struct policy *policy, const struct candidates *candidates, struct judgement *found);

/*
 * Adds the groups that must approve because of the commands' effects: those of the rules about
 * files and branches that ask. Error: -ENOMEM.
 */
int policy_effects_add_demands(
	const struct policy *policy, const struct candidates *candidates, struct demand *d);

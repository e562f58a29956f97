/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Whether a rule that is not about argument vectors fits a target: wide if it denies or asks,
 * narrow if it allows.
 */

#include "gate/policy/rule.h"
#include "gate/policy/target.h"

/* The rule must be of the target's kind. */
bool rule_fits_target(const struct rule *rule, const struct target *t);

/* The same, with the reason of a miss. */
enum rule_miss rule_try_target(
	const struct rule *rule, const struct target *t, struct rule_reach *reach);

/* The same without users, groups and claims, for examples. */
bool rule_fits_target_itself(const struct rule *rule, const struct target *t);

/* Whether the rule, which must fit, names the target without '*' and '?'. */
bool rule_names_target(const struct rule *rule, const struct target *t);

/* Whether the rule fits only if the asker's home directory is known. */
bool rule_needs_home(const struct rule *rule);

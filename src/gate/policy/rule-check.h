/* SPDX-License-Identifier: ISC */
#pragma once

/* Checks that a well-formed rule makes sense, and that its own examples hold. */

#include "base/json/tree.h"
#include "gate/policy/faults.h"
#include "gate/policy/rule.h"

/* `value` is the rule's object, with its examples; `place` as for faults_add(). Error: -ENOMEM. */
int rule_check(const struct rule *rule, const struct json *value, const struct trusted *trusted,
	const char *place, struct faults *faults);

/* Warns if a rule may not do what its author meant. For authors of policies. */
void rule_advise(const struct rule *rule, const char *place, struct faults *faults);

/* The same for a rule that is not about argument vectors. */
void rule_advise_target(const struct rule *rule, const char *place, struct faults *faults);

/* rule_check() for a rule that is not about argument vectors. */
int rule_check_target(const struct rule *rule, const struct json *value, const char *place,
	struct faults *faults);

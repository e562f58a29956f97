/* SPDX-License-Identifier: ISC */
#pragma once

/* Whether a rule that could be read makes sense, and does what its own examples say. */

#include "base/json/tree.h"
#include "gate/policy/faults.h"
#include "gate/policy/rule.h"

/* `value` is the rule's object, for its examples; `place` as of faults_add(). Error: -ENOMEM. */
int rule_check(const struct rule *rule, const struct json *value, const struct trusted *trusted,
	const char *place, struct faults *faults);

/* Warns of a rule in order that may not do what its author meant: for who writes a policy. */
void rule_advise(const struct rule *rule, const char *place, struct faults *faults);

/* The same of a rule of another kind than KIND_EXEC. */
int rule_check_target(const struct rule *rule, const struct json *value, const char *place,
	struct faults *faults);

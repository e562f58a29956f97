/* SPDX-License-Identifier: ISC */
#pragma once

/* The identity of the CI runner that asks. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The rule that refuses an identity. */
#define RULE_RUNNER "runner_auth.invalid"

/*
 * Denies if the identity that was sent does not hold, or if the policy needs one and there is none;
 * returns whether it did. The request has no fault.
 */
bool decide_runner_denies(const struct decide_input *in, struct verdict *v);

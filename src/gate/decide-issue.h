/* SPDX-License-Identifier: ISC */
#pragma once

/* The token of a request about which a person must decide. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * Gives a pending verdict, with the pending token of the same question or else with a new one.
 * Denies if a limit is reached, or if a person refused the question and that token has not expired
 * yet.
 */
void decide_issue(const struct decide_input *in, const struct judgement *j, struct verdict *v);

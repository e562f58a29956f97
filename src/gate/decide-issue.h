/* SPDX-License-Identifier: ISC */
#pragma once

/* The token of a request about which a person must decide. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * The verdict is pending, with the token of the same question if one is pending already, else with
 * a new one; or it is a deny if a limit is reached, or if a person refused the question and the
 * time of that token isn't over.
 */
void decide_issue(const struct decide_input *in, const struct judgement *j, struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/* A new token for a request about which a person must decide. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The verdict is pending with the new token, or a deny if a limit is reached. */
void decide_issue(const struct decide_input *in, const struct judgement *j, struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an asker may do: the rules and the entries of the allowlist that allow something to this
 * user, or ask about it. Nothing is told of rules that deny, or that are for others.
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

void decide_may(const struct decide_input *in, struct verdict *v);

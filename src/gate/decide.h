/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The decision: a pure function from struct decide_input to the verdict. It reads no clock, no file
 * and no random numbers, and keeps no state.
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * Fills *ret, which needs no initialisation; free it with verdict_deinit(). Error: -ENOMEM, with
 * nothing to free.
 */
int decide(const struct decide_input *in, struct verdict *ret);

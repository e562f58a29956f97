/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The decision: a pure function from everything that bears on it to the verdict. It reads no clock,
 * no file and no random numbers, and remembers nothing.
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * Fills *verdict, which needs no initialisation; verdict_deinit() frees it. Error: -ENOMEM, and
 * there is nothing to free.
 */
int decide(const struct decide_input *in, struct verdict *ret);

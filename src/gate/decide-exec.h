/* SPDX-License-Identifier: ISC */
#pragma once

/* The decision about a local.exec: whether the command may run. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The request must have no fault. */
void decide_exec(const struct decide_input *in, struct verdict *v);

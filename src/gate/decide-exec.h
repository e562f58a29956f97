/* SPDX-License-Identifier: ISC */
#pragma once

/* The decision about a local.exec: whether the command may run. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The request must have no fault. */
void decide_exec(const struct decide_input *in, struct verdict *v);

/* What is done with a command that no rule is about, and no entry of the allowlist. */
enum decision decide_exec_default(const struct decide_input *in);

/* Whether commands are judged by this pack. */
bool decide_exec_has_pack(const struct decide_input *in, size_t pack);

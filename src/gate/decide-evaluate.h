/* SPDX-License-Identifier: ISC */
#pragma once

/* The decision about a request of the second contract. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The asker named a pack that is not in force. */
#define RULE_UNKNOWN_PACK "policy_pack.unknown"

/* What may not be read is to be written. */
#define RULE_UNREADABLE "write.unreadable"

/* What is to be written is run or obeyed later. */
#define RULE_GUARDED "write.guarded"

/* The request may have a fault, which is its answer then. */
void decide_evaluate(const struct decide_input *in, struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The decision about a request of the second contract. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/* The asker named a pack that is not in force. */
#define RULE_UNKNOWN_PACK "policy_pack.unknown"

/* The file to be written may not be read. */
#define RULE_UNREADABLE "write.unreadable"

/* The content to be written is run or obeyed later. */
#define RULE_GUARDED "write.guarded"

/* If the request has a fault, that is the answer. */
void decide_evaluate(const struct decide_input *in, struct verdict *v);

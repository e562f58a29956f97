/* SPDX-License-Identifier: ISC */
#pragma once

/* What a turn changes in the allowlist. */

#include "daemon/batch.h"

/* Who changes it: an operator, or a consumed token that was approved always. */
enum allow_origin { ALLOW_OF_OPERATORS, ALLOW_OF_TOKENS };

/*
 * Writes the changes of one origin, after those of tokens are on record and before the replies
 * leave. An operator whose change could not be recorded is told so. A consumed token allows its
 * request in any case; its entry is written last, after the evidence.
 */
void turn_allowlist_commit(struct batch *batch, enum allow_origin origin);

/* Notes which entry allowed what was answered. */
void turn_allowlist_note_use(struct resources *res, struct answer *answer);

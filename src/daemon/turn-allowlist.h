/* SPDX-License-Identifier: ISC */
#pragma once

/* A turn's changes of the allowlist. */

#include "daemon/batch.h"

/* The origin of a change: an operator, or a consumed token that was approved always. */
enum allow_origin { ALLOW_OF_OPERATORS, ALLOW_OF_TOKENS };

/*
 * Writes the changes of one origin. Call it after the tokens' changes are on record and before the
 * replies are sent. If an operator's change can't be recorded, its answer says so. A consumed token
 * allows its request in any case; its entry is written last, after the evidence.
 */
void turn_allowlist_commit(struct batch *batch, enum allow_origin origin);

/* Records the use of the allowlist entry that the verdict rests on. */
void turn_allowlist_note_use(struct resources *res, struct answer *answer);

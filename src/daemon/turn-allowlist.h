/* SPDX-License-Identifier: ISC */
#pragma once

/* What a turn leaves in the allowlist. */

#include "daemon/turn.h"

/* Whose change it is: an operator's, or what a consumed token leaves that was approved always. */
enum allow_origin { ALLOW_OF_OPERATORS, ALLOW_OF_TOKENS };

/*
 * Writes what the turn changes, when its tokens are on record and before its replies leave. An
 * operator whose change could not be recorded is told so; a consumed token is an allow in any case,
 * so that its entry comes last, behind the evidence.
 */
void turn_allowlist_commit(struct turn *turn, enum allow_origin origin);

/* Notes which entry allowed what was answered. */
void turn_allowlist_note_use(struct turn *turn, struct answer *answer);

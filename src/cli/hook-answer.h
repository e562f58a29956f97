/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The end of a hook: one answer in one write, and the exit status that goes with it. An agent runs
 * the tool where its hook dies, is late, or says anything but one whole answer; so whatever happens
 * after hook_answer_arm() ends in the denial that was prepared there: each signal that can be
 * caught, the alarm, an answer that could not be written. No memory is needed for that.
 *
 * hook_answer_arm() first, then hook_answer_alarm() as often as needed, then one of the others,
 * which do not return. Nothing else may write to standard output.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cli/hook-dialect.h"

/* NULL: which agent asks is not known; the denial is a line on standard error, and status 2. */
void hook_answer_arm(const struct hook_dialect *dialect);

/* Undoes it, for what is no hook after all. */
void hook_answer_disarm(void);

/* Denies after so many seconds, counted from now. */
void hook_answer_alarm(uint64_t seconds);

/* Standard input has been read to its end. Otherwise it is before the answer: a writer that is
 * still at it might take our end for a failure. */
void hook_answer_has_read(void);

_Noreturn void hook_answer_allow(const struct hook_dialect *dialect);
_Noreturn void hook_answer_none(const struct hook_dialect *dialect);

/* `reason` is any text; it is shown escaped, and goes to standard error as well. */
_Noreturn void hook_answer_deny(const char *reason);

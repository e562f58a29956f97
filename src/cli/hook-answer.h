/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The end of a hook: one answer in one write, and the exit status that goes with it. An agent runs
 * the tool if its hook dies, is late, or prints anything but one complete answer. So after
 * hook_answer_arm() every failure ends in the denial that was prepared there: any signal that can
 * be caught, the alarm, an answer that could not be written. This needs no memory allocation.
 *
 * Call hook_answer_arm() first, then hook_answer_alarm() as often as needed, then one of the
 * functions that don't return. Nothing else may write to standard output.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cli/hook-dialect.h"

/* The reason of a denial begins with this if there was no decision. */
#define HOOK_UNDECIDED "could not decide: "

/* NULL: the agent is unknown, and a denial is a line on standard error with status 2. */
void hook_answer_arm(const struct hook_dialect *dialect);

/* Undoes hook_answer_arm(), for a mode that isn't a hook. */
void hook_answer_disarm(void);

/* Denies after this many seconds from now. */
void hook_answer_alarm(uint64_t seconds);

/*
 * Records that standard input was read to its end. Otherwise the rest is read before the answer: an
 * agent that is still writing might take an early exit for a failure.
 */
void hook_answer_has_read(void);

_Noreturn void hook_answer_allow(const struct hook_dialect *dialect);
_Noreturn void hook_answer_none(const struct hook_dialect *dialect);

/* A complete answer that allows the tool with other arguments, shorter than PIPE_BUF. */
_Noreturn void hook_answer_other(const char *answer);

/* `reason` is any text; it is escaped, and also printed on standard error. */
_Noreturn void hook_answer_deny(const char *reason);

/* For dialects that have these answers. `reason` is any text; the agent shows it to its user. */
_Noreturn void hook_answer_ask(const struct hook_dialect *dialect, const char *reason);
_Noreturn void hook_answer_defer(const struct hook_dialect *dialect);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a person can do from a notice on the desktop. Both start a program, so that neither blocks.
 * Errors: those of notify_runs_start().
 */

#include <stddef.h>
#include <stdint.h>

#include "base/notation.h"
#include "cli/notify-run.h"

/* Whether there is a terminal for notify_click_look() without a command. */
bool notify_click_has_terminal(void);

/* Runs the line of shell; NULL: opens a terminal with `firma token watch`. */
int notify_click_look(struct notify_runs *runs, const char *command, uint64_t now);

/* Refuses these requests, with `firma token revoke`. There are at most DESKTOP_REFUSE_MAX. */
int notify_click_refuse(
	struct notify_runs *runs, char ids[][NOTATION_UUID_LEN + 1], size_t n, uint64_t now);

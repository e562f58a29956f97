/* SPDX-License-Identifier: ISC */
#pragma once

/* Whether a line starts a shell or an interpreter that reads its commands from what is typed. */

#include <stdbool.h>

/*
 * Whether a command of a plain line is, or has as an argument, a shell or an interpreter that is
 * not directly followed by a script or by a text to run. Of an opaque line false. Error: -ENOMEM.
 */
int line_opens_session(const char *line, bool *ret);

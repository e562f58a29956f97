/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The texts of a notice on the desktop. Without --details they have digits and fixed words only.
 * Pure functions; errors are those of bytes_append().
 */

#include <stdbool.h>

#include "cli/desktop-list.h"

/* Commands that a notice shows, and how wide each may be, in columns. */
#define DESKTOP_COMMANDS_MAX 3
#define DESKTOP_COLUMNS_MAX 160

/* "2 requests of uid 1000 wait" */
int desktop_append_summary(const struct desktop_row *row, struct bytes *b);

/*
 * The body: commands, if there are any, and where to decide. `markup`: the server reads the body as
 * markup. No text in it makes a link.
 */
int desktop_append_body(const struct desktop_row *row, bool markup, struct bytes *b);

/* "Refuse", or "Refuse all 2" */
int desktop_append_refuse(const struct desktop_row *row, struct bytes *b);

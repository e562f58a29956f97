/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Closed segments of a log of evidence. A log that is rotated is renamed: a dot and the sequence of
 * its last record, in 16 digits, are added to its name. So segments sort by age, and a daemon that
 * died in the middle of a rotation can tell which segment belongs to its mark.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* For faults that look like the work of a program that rotates logs. */
#define SEGMENT_HINT " (to rotate it, use 'firma evidence rotate')"

/* Appends the path of the segment whose last record is `last`. Errors: those of bytes_append(). */
int segment_append_path(struct bytes *b, const char *log, uint64_t last);

/*
 * Looks beside the log for the segment that was closed first among those whose last record is
 * `from` or later; or, with `newest`, for the one that was closed last. *ret_last is the sequence
 * of its last record, or 0: there is none. Error: a negative errno.
 */
int segment_find(const char *log, uint64_t from, bool newest, uint64_t *ret_last);

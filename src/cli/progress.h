/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A progress bar on standard error. It is drawn only on a terminal, only after the first second,
 * and removed at the end. progress_begin(), progress_show() as often as needed, progress_end()
 * before any other output.
 */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	uint64_t total;
	uint64_t next; /* µs of the boot clock; CLOCK_NEVER if there is nothing to draw */
	uint64_t step; /* position at which to look at the clock again */
	bool shown;
};

/* `total` in bytes; 0 if unknown. */
void progress_begin(struct progress *progress, uint64_t total);
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

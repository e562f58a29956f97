/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A bar on standard error for what takes long: drawn only on a terminal, not before a second has
 * passed, and gone when it is done. progress_begin(), progress_show() as often as one likes,
 * progress_end() before anything else is printed.
 */

#include <stdbool.h>
#include <stdint.h>

struct progress {
	uint64_t total;
	uint64_t next; /* µs of the boot clock; CLOCK_NEVER where there is nothing to show */
	uint64_t step; /* how far it must be before the clock is asked again */
	bool shown;
};

/* `total` in bytes; 0 where it isn't known. */
void progress_begin(struct progress *progress, uint64_t total);
void progress_show(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

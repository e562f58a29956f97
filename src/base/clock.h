/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The one place that reads a clock. All other code is given a `struct clock_time`, so that its
 * result depends on its arguments alone. The tests link another implementation of this header,
 * whose time they set.
 */

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_SECOND UINT64_C(1000000)
#define CLOCK_MS UINT64_C(1000)

/* "Never": later than every time. */
#define CLOCK_NEVER UINT64_MAX

/* A boot's ID is a UUID in text form. */
#define CLOCK_BOOT_ID_LEN 36

struct clock_time {
	uint64_t boot; /* µs since boot, suspend included: decides */
	uint64_t wall; /* µs since 1970, UTC: shown, never compared */
};

/* Reads both clocks. Can't fail: the kernel has had them since 2.6.39. */
struct clock_time clock_now(void);

/* Whether the wall clock is kept right by another clock, as far as the kernel knows (adjtimex(2)).
 */
bool clock_is_synchronized(void);

/*
 * The ID of the boot that `boot` counts from, NUL-terminated. Read again at each call. Errors:
 * those of open(2) and read(2); -EIO if the text is no boot ID.
 */
int clock_boot_id(char ret_id[static CLOCK_BOOT_ID_LEN + 1]);

/*
 * An alarm: a descriptor that becomes readable at a point of `boot` time. Close it to free it.
 * clock_alarm_set() moves that point (CLOCK_NEVER: disarms) and makes the descriptor unreadable
 * until then; a point in the past is due at once. The descriptor may also become readable early:
 * the waiter then compares the time and sets the alarm again.
 */
int clock_alarm_open(int *ret_fd);
int clock_alarm_set(int fd, uint64_t boot);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Times that a file gives as a date, in UTC or in the system's time zone (tzset(3)). Reads no
 * clock.
 */

#include <stdbool.h>
#include <stdint.h>

struct local_time {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
};

/* Seconds since 1970. False if there is no such time, or it is before 1970. */
bool local_time_to_wall(const struct local_time *t, bool utc, uint64_t *ret);

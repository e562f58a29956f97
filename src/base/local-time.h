/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Dates and times in UTC or in the system's time zone (tzset(3)), and times as a person writes
 * them. Reads no clock.
 */

#include <stdbool.h>
#include <stdint.h>

struct local_time {
	int year, month, day; /* month and day from 1 */
	int hour, minute, second;
};

/* Seconds since 1970. False if there is no such time, or it is before 1970. */
bool local_time_to_wall(const struct local_time *t, bool utc, uint64_t *ret);

/* Reads "2026-11-28T10:00:30.5Z" (RFC 3339) as seconds since 1970; drops the fraction. */
bool local_time_read_timestamp(const char *text, uint64_t *ret);

/*
 * Reads a time as journalctl(1) takes it (systemd.time(7)):
 *
 *   2026-11-28 10:00:30.5   also with a T for the blank; shorter: without the fraction, the seconds
 *                           or the time (midnight), the day (the 1st), or the date (today)
 *   Sat 2026-11-28 10:00    the weekday must be right
 *   now, today, yesterday, tomorrow
 *   -1h, 1h ago             before now; also 1h, which journalctl doesn't take
 *   +1h, 1h left            after now
 *   @1795860000.5           seconds since 1970
 *
 * A date is in the system's time zone; with a Z or " UTC" after it, in UTC. `now` in µs, *ret in ns
 * since 1970. False if it is none of these, or before 1970 or after the year 2500.
 */
bool local_time_read(const char *text, uint64_t now, uint64_t *ret);

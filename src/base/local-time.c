/* SPDX-License-Identifier: ISC */

/* Converts a date to a time, by the C library's time zones. */

#include "base/local-time.h"

#include <time.h>

bool local_time_to_wall(const struct local_time *t, bool utc, uint64_t *ret)
{
	struct tm tm = {
		.tm_year = t->year - 1900,
		.tm_mon = t->month - 1,
		.tm_mday = t->day,
		.tm_hour = t->hour,
		.tm_min = t->minute,
		.tm_sec = t->second,
		.tm_isdst = -1,
	};
	time_t wall = utc ? timegm(&tm) : mktime(&tm);

	/* mktime(3) turns an invalid date ("February 30") into another date. */
	if (wall < 0 || tm.tm_mon != t->month - 1 || tm.tm_mday != t->day || tm.tm_min != t->minute
		|| tm.tm_sec != t->second)
		return false;
	*ret = (uint64_t)wall;
	return true;
}

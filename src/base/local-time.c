/* SPDX-License-Identifier: ISC */

/* Converts dates to times, by the C library's time zones; readers move a pointer over the text. */

#include "base/local-time.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/notation.h"

#define NS_PER_US UINT64_C(1000)
#define NS_PER_SECOND UINT64_C(1000000000)

/* 2500-01-01T00:00:00Z: in nanoseconds, it fits into 64 bits. */
#define SECONDS_MAX UINT64_C(16725225600)

/* Longer than any time that is taken. */
#define TEXT_MAX 64

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

bool local_time_read_timestamp(const char *text, uint64_t *ret)
{
	struct local_time t = { 0 };

	return sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &t.year, &t.month, &t.day, &t.hour,
		       &t.minute, &t.second)
		== 6
		&& local_time_to_wall(&t, true, ret);
}

/* --- times as a person writes them ------------------------------------------------------------ */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;

	(*at)++;
	return true;
}

/* Exactly `n` digits. */
static bool take_digits(const char **at, int n, int *ret)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (!is_digit((*at)[i]))
			return false;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += n;
	*ret = value;
	return true;
}

/* ".5", in nanoseconds; 0 if there is none. */
static bool take_fraction(const char **at, uint64_t *ret)
{
	uint64_t unit = NS_PER_SECOND / 10, ns = 0;

	if (take(at, '.')) {
		if (!is_digit(**at))
			return false;
		for (; is_digit(**at); unit /= 10) {
			if (unit == 0)
				return false;
			ns += unit * (uint64_t)(**at - '0');
			(*at)++;
		}
	}
	*ret = ns;
	return true;
}

/* "10:00", "10:00:30", "10:00:30.5" */
static bool take_time(const char **at, struct local_time *t, uint64_t *ret_ns)
{
	*ret_ns = 0;
	if (!take_digits(at, 2, &t->hour) || !take(at, ':') || !take_digits(at, 2, &t->minute))
		return false;
	return !take(at, ':') || (take_digits(at, 2, &t->second) && take_fraction(at, ret_ns));
}

/* "2026-11", "2026-11-28" */
static bool take_date(const char **at, struct local_time *t)
{
	t->day = 1;
	if (!take_digits(at, 4, &t->year) || !take(at, '-') || !take_digits(at, 2, &t->month))
		return false;
	return !take(at, '-') || take_digits(at, 2, &t->day);
}

/* 0 to 6 (Saturday), or -1; only a word before a blank is one. */
static int take_weekday(const char **at)
{
	static const char *const names[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
		"Friday", "Saturday" };
	size_t len = strcspn(*at, " ");

	for (int day = 0; day < 7 && (*at)[len] == ' '; day++)
		if ((len == 3 || len == strlen(names[day]))
			&& strncasecmp(*at, names[day], len) == 0) {
			*at += len + 1;
			return day;
		}
	return -1;
}

static bool is_weekday(const struct local_time *t, int day)
{
	struct tm tm = { .tm_year = t->year - 1900, .tm_mon = t->month - 1, .tm_mday = t->day };

	return timegm(&tm) >= 0 && tm.tm_wday == day;
}

static struct tm date_of(uint64_t now, bool utc)
{
	time_t wall = (time_t)(now / CLOCK_SECOND);
	struct tm tm = { 0 };

	tzset();
	if (utc)
		gmtime_r(&wall, &tm);
	else
		localtime_r(&wall, &tm);
	return tm;
}

static bool read_date(const char *at, bool utc, uint64_t now, uint64_t *ret)
{
	struct tm today = date_of(now, utc);
	struct local_time t = {
		.year = today.tm_year + 1900,
		.month = today.tm_mon + 1,
		.day = today.tm_mday,
	};
	int weekday = take_weekday(&at);
	uint64_t wall, ns = 0;
	bool has_date = strchr(at, '-') != NULL, has_time = !has_date;

	if (has_date && !take_date(&at, &t))
		return false;
	if (has_date)
		has_time = take(&at, ' ') || take(&at, 'T');
	if (has_time && !take_time(&at, &t, &ns))
		return false;
	if (*at != '\0' || (weekday >= 0 && (!has_date || !is_weekday(&t, weekday)))
		|| !local_time_to_wall(&t, utc, &wall) || wall >= SECONDS_MAX)
		return false;

	*ret = wall * NS_PER_SECOND + ns;
	return true;
}

/* Midnight of yesterday, today or tomorrow. */
static bool read_day(const char *text, bool utc, uint64_t now, uint64_t *ret)
{
	static const char *const days[] = { "yesterday", "today", "tomorrow" };
	struct tm tm = date_of(now, utc);
	int day = 0;
	time_t wall;

	while (day < 3 && strcmp(text, days[day]) != 0)
		day++;
	if (day == 3)
		return false;

	tm.tm_mday += day - 1;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	wall = utc ? timegm(&tm) : mktime(&tm);
	if (wall < 0)
		return false;
	*ret = (uint64_t)wall * NS_PER_SECOND;
	return true;
}

static bool read_since_epoch(const char *at, uint64_t *ret)
{
	size_t digits = strspn(at, "0123456789");
	char seconds[TEXT_MAX];
	uint64_t wall, ns;

	memcpy(seconds, at, digits);
	seconds[digits] = '\0';
	at += digits;
	if (notation_parse_number(seconds, 0, SECONDS_MAX - 1, &wall) < 0
		|| !take_fraction(&at, &ns) || *at != '\0')
		return false;
	*ret = wall * NS_PER_SECOND + ns;
	return true;
}

/* Cuts `end` off the text; false if the text does not end with it. */
static bool cut_end(char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	if (len <= end_len || strcmp(text + len - end_len, end) != 0)
		return false;
	text[len - end_len] = '\0';
	return true;
}

static bool read_relative(char *text, uint64_t now, uint64_t *ret)
{
	bool sign = *text == '-' || *text == '+', later = *text == '+';
	uint64_t span;

	if (!sign) {
		later = cut_end(text, " left");
		/* A number alone may be meant as a year. */
		if (!later && !cut_end(text, " ago") && text[strspn(text, "0123456789")] == '\0')
			return false;
	}
	if (notation_parse_duration(text + sign, &span) < 0
		|| (later ? span > SECONDS_MAX * CLOCK_SECOND - now : span > now))
		return false;
	*ret = (later ? now + span : now - span) * NS_PER_US;
	return true;
}

bool local_time_read(const char *given, uint64_t now, uint64_t *ret)
{
	char text[TEXT_MAX];
	size_t len = strlen(given);
	bool utc;

	if (len == 0 || len >= sizeof(text) || now >= SECONDS_MAX * CLOCK_SECOND)
		return false;

	memcpy(text, given, len + 1);
	if (strcmp(text, "now") == 0) {
		*ret = now * NS_PER_US;
		return true;
	}
	if (text[0] == '@')
		return read_since_epoch(text + 1, ret);

	utc = cut_end(text, " UTC") || (len > 1 && is_digit(text[len - 2]) && cut_end(text, "Z"));
	if (read_day(text, utc, now, ret) || read_date(text, utc, now, ret))
		return true;
	return !utc && read_relative(text, now, ret);
}

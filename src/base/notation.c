/* SPDX-License-Identifier: ISC */

/*
 * Parsers move a pointer over the text; each reads its part and leaves the pointer after it. A
 * value that is too big is reported only after the whole text is found to be well-formed.
 */

#include "base/notation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"

#define US UINT64_C(1)
#define MS (1000 * US)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

/* 10000-01-01T00:00:00Z */
#define TIME_END (UINT64_C(253402300800) * SECOND)

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{ "us", US },
	{ "µs", US }, /* U+00B5, the micro sign */
	{ "μs", US }, /* U+03BC, the letter mu */
	{ "usec", US },
	{ "ms", MS },
	{ "msec", MS },
	{ "s", SECOND },
	{ "sec", SECOND },
	{ "second", SECOND },
	{ "seconds", SECOND },
	{ "m", MINUTE },
	{ "min", MINUTE },
	{ "minute", MINUTE },
	{ "minutes", MINUTE },
	{ "h", HOUR },
	{ "hr", HOUR },
	{ "hour", HOUR },
	{ "hours", HOUR },
	{ "d", DAY },
	{ "day", DAY },
	{ "days", DAY },
	{ "w", WEEK },
	{ "week", WEEK },
	{ "weeks", WEEK },
	{ NULL, 0 },
};

/* Largest first. */
static const struct unit duration_shown[] = {
	{ "d", DAY },
	{ "h", HOUR },
	{ "min", MINUTE },
	{ "s", SECOND },
	{ "ms", MS },
	{ "us", US },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "K", KIB },
	{ "KB", KIB },
	{ "KiB", KIB },
	{ "M", MIB },
	{ "MB", MIB },
	{ "MiB", MIB },
	{ "G", GIB },
	{ "GB", GIB },
	{ "GiB", GIB },
	{ "T", TIB },
	{ "TB", TIB },
	{ "TiB", TIB },
	{ NULL, 0 },
};

static const char *const size_shown[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

static const char hex_digits[] = "0123456789abcdef";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(const char **text)
{
	*text += strspn(*text, " \t");
}

/* At least one digit. If the number doesn't fit, *too_big is set and *ret is undefined. */
static int take_number(const char **text, uint64_t *ret, bool *too_big)
{
	const char *p = *text;
	uint64_t value = 0;

	if (!is_digit(*p))
		return -EINVAL;

	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(value, UINT64_C(10), &value)
			|| __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			*too_big = true;

	*text = p;
	*ret = value;
	return 0;
}

/* Reads up to the next blank or digit, or the end: that must be one of the units. */
static int take_unit(const char **text, const struct unit *units, uint64_t *ret)
{
	size_t len = strcspn(*text, " \t0123456789");

	for (const struct unit *unit = units; unit->name; unit++) {
		if (strlen(unit->name) != len || memcmp(unit->name, *text, len) != 0)
			continue;

		*text += len;
		*ret = unit->factor;
		return 0;
	}

	return -EINVAL;
}

int notation_parse_duration(const char *text, uint64_t *ret)
{
	uint64_t sum = 0, number, factor;
	bool alone = true, too_big = false;
	int r;

	skip_blanks(&text);
	do {
		r = take_number(&text, &number, &too_big);
		if (r < 0)
			return r;

		skip_blanks(&text);
		if (alone && *text == '\0') {
			factor = SECOND;
		} else {
			r = take_unit(&text, duration_units, &factor);
			if (r < 0)
				return r;
		}

		if (__builtin_mul_overflow(number, factor, &number)
			|| __builtin_add_overflow(sum, number, &sum))
			too_big = true;

		alone = false;
		skip_blanks(&text);
	} while (*text != '\0');

	if (too_big || sum > INT64_MAX)
		return -ERANGE;

	*ret = sum;
	return 0;
}

/* The largest unit that is not longer than `us`, which is not 0. */
static const struct unit *largest_unit(uint64_t us)
{
	const struct unit *unit = duration_shown;

	while (us < unit->factor)
		unit++;

	return unit;
}

int notation_append_duration(struct bytes *b, uint64_t us)
{
	const struct unit *major, *minor;
	uint64_t rest;

	if (us == 0)
		return bytes_append_str(b, "0s");

	major = largest_unit(us);
	rest = us % major->factor;
	if (rest == 0)
		return bytes_appendf(b, "%" PRIu64 "%s", us / major->factor, major->name);

	minor = largest_unit(rest);
	return bytes_appendf(b, "%" PRIu64 "%s %" PRIu64 "%s", us / major->factor, major->name,
		rest / minor->factor, minor->name);
}

int notation_parse_size(const char *text, uint64_t *ret)
{
	bool too_big = false;
	uint64_t number, factor;
	int r;

	skip_blanks(&text);
	r = take_number(&text, &number, &too_big);
	if (r < 0)
		return r;

	skip_blanks(&text);
	r = take_unit(&text, size_units, &factor);
	if (r < 0)
		return r;

	skip_blanks(&text);
	if (*text != '\0')
		return -EINVAL;
	if (too_big || __builtin_mul_overflow(number, factor, &number))
		return -ERANGE;

	*ret = number;
	return 0;
}

int notation_append_size(struct bytes *b, uint64_t bytes)
{
	uint64_t factor = 1, whole, tenths;
	size_t unit = 0;

	while (bytes / factor >= 1024) {
		factor *= 1024;
		unit++;
	}

	/* Can't overflow: the remainder is less than 2^60. */
	whole = bytes / factor;
	tenths = (bytes % factor * 10 + factor / 2) / factor;
	if (tenths == 10) {
		tenths = 0;
		whole++;
	}
	/* The number has 64 bits, less than 1024 EiB, so there is a larger unit. */
	if (whole == 1024) {
		whole = 1;
		unit++;
	}

	if (tenths == 0)
		return bytes_appendf(b, "%" PRIu64 " %s", whole, size_shown[unit]);

	return bytes_appendf(b, "%" PRIu64 ".%" PRIu64 " %s", whole, tenths, size_shown[unit]);
}

int notation_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	bool too_big = false;
	uint64_t number;
	int r;

	r = take_number(&text, &number, &too_big);
	if (r < 0)
		return r;
	if (*text != '\0')
		return -EINVAL;
	if (too_big || number < min || number > max)
		return -ERANGE;

	*ret = number;
	return 0;
}

struct date {
	uint64_t year;
	uint64_t month; /* from 1 */
	uint64_t day;   /* from 1 */
};

/*
 * The date of the day `days` after 1970-01-01. Counts in years that begin in March, so that the
 * leap day is the last day of a year, and in eras of 400 years, which all have the same length.
 */
static struct date date_of(uint64_t days)
{
	const uint64_t days_of_era = 146097;
	uint64_t day = (days + 719468) % days_of_era; /* 719468: from 0000-03-01 to 1970-01-01 */
	uint64_t era = (days + 719468) / days_of_era;
	uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint64_t month; /* 0 is March */

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;

	return (struct date){
		.year = 400 * era + year + (month >= 10 ? 1 : 0),
		.month = month >= 10 ? month - 9 : month + 3,
		.day = day - (153 * month + 2) / 5 + 1,
	};
}

/* The last n digits, with leading zeroes. */
static void put_digits(char *to, size_t n, uint64_t value)
{
	for (; n > 0; n--, value /= 10)
		to[n - 1] = (char)('0' + value % 10);
}

size_t notation_decimal(uint64_t number, char ret[static NOTATION_DECIMAL_MAX + 1])
{
	char digits[NOTATION_DECIMAL_MAX];
	size_t at = sizeof(digits), n;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	n = sizeof(digits) - at;
	memcpy(ret, digits + at, n);
	ret[n] = '\0';
	return n;
}

int notation_append_time(struct bytes *b, uint64_t wall)
{
	char text[] = "0000-00-00T00:00:00.000Z";
	struct date date;
	uint64_t ms;

	if (wall >= TIME_END)
		return -ERANGE;

	date = date_of(wall / DAY);
	ms = wall % DAY / MS;
	put_digits(text, 4, date.year);
	put_digits(text + 5, 2, date.month);
	put_digits(text + 8, 2, date.day);
	put_digits(text + 11, 2, ms / 3600000);
	put_digits(text + 14, 2, ms / 60000 % 60);
	put_digits(text + 17, 2, ms / 1000 % 60);
	put_digits(text + 20, 3, ms % 1000);
	return bytes_append(b, text, sizeof(text) - 1);
}

int notation_append_time_ns(struct bytes *b, uint64_t wall)
{
	const size_t start = b->len;
	char text[] = "000000Z";
	int r;

	r = notation_append_time(b, wall);
	if (r < 0)
		return r;

	bytes_truncate(b, b->len - 1);
	put_digits(text, 3, wall % 1000);
	r = bytes_append(b, text, sizeof(text) - 1);
	if (r < 0)
		bytes_undo(b, start, r);
	return r;
}

void notation_hex(const void *data, size_t len, char *ret)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i < len; i++) {
		*ret++ = hex_digits[byte[i] >> 4];
		*ret++ = hex_digits[byte[i] & 0xF];
	}

	*ret = '\0';
}

/*
 * The value of a lower-case hex digit; -1 for any other character. A table avoids branches on
 * random digits, which the processor would mispredict half of the time.
 */
static int hex_value(char c)
{
	static const int8_t values[256] = {
		['0'] = 1,
		['1'] = 2,
		['2'] = 3,
		['3'] = 4,
		['4'] = 5,
		['5'] = 6,
		['6'] = 7,
		['7'] = 8,
		['8'] = 9,
		['9'] = 10,
		['a'] = 11,
		['b'] = 12,
		['c'] = 13,
		['d'] = 14,
		['e'] = 15,
		['f'] = 16,
	};

	return values[(unsigned char)c] - 1;
}

int notation_parse_hex(const char *text, size_t text_len, void *ret, size_t len)
{
	uint8_t *byte = ret;

	if (text_len % 2 != 0 || text_len / 2 != len)
		return -EINVAL;

	for (size_t i = 0; i < text_len; i++)
		if (hex_value(text[i]) < 0)
			return -EINVAL;

	for (size_t i = 0; i < len; i++)
		byte[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));

	return 0;
}

/* The groups of a UUID, in bytes; hyphens separate them. */
static const size_t uuid_groups[] = { 4, 2, 2, 2, 6 };

void notation_uuid(const uint8_t id[static 16], char ret[static NOTATION_UUID_LEN + 1])
{
	for (size_t i = 0; i < LENGTH(uuid_groups); i++) {
		if (i > 0)
			*ret++ = '-';

		notation_hex(id, uuid_groups[i], ret);
		id += uuid_groups[i];
		ret += 2 * uuid_groups[i];
	}
}

int notation_parse_uuid(const char *text, size_t len, uint8_t ret[static 16])
{
	uint8_t id[16], *p = id;
	int r;

	if (len != NOTATION_UUID_LEN)
		return -EINVAL;

	for (size_t i = 0; i < LENGTH(uuid_groups); i++) {
		if (i > 0 && *text++ != '-')
			return -EINVAL;

		r = notation_parse_hex(text, 2 * uuid_groups[i], p, uuid_groups[i]);
		if (r < 0)
			return r;

		text += 2 * uuid_groups[i];
		p += uuid_groups[i];
	}

	memcpy(ret, id, sizeof(id));
	return 0;
}

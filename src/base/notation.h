/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The small notations of the command line, the wire and the files: durations, sizes, numbers,
 * times, hex, UUIDs. Pure functions, independent of locale and time zone.
 *
 * Parsers take the whole text: -EINVAL if it isn't in the notation, -ERANGE if the value doesn't
 * fit; *ret is untouched then. Appending returns 0 or the errors of bytes_append(); on failure
 * nothing is appended.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * "500ms", "5s", "5min", "1h 30min", "2d": a sum of whole numbers with the units of
 * systemd.time(7), from us to weeks (not months and years, whose length varies). A single number
 * without a unit is seconds; such a number beside others is refused. *ret in µs, at most INT64_MAX,
 * so that it can be added to a time. "infinity" is left to the caller.
 */
int notation_parse_duration(const char *text, uint64_t *ret);

/*
 * The two largest units (up to days) that are not zero; smaller units are dropped: "4min 59s", "1h
 * 2min", "320ms", "0s".
 */
int notation_append_duration(struct bytes *b, uint64_t us);

/*
 * "4096", "64K", "128M", "1G", "1T": powers of 1024, also spelled KiB and KB. A blank may stand
 * before the unit; "B" is a unit, too. *ret in bytes.
 */
int notation_parse_size(const char *text, uint64_t *ret);

/* To a tenth, rounded: "17 B", "1.2 KiB", "128 MiB". */
int notation_append_size(struct bytes *b, uint64_t bytes);

/* Decimal digits only, min <= *ret <= max. */
int notation_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/*
 * µs since 1970 in RFC 3339, UTC, with milliseconds (cut, not rounded): "2026-11-20T06:17:57.123Z".
 * Also -ERANGE after the year 9999, which the notation can't express.
 */
int notation_append_time(struct bytes *b, uint64_t wall);

/* Where the time of day is in such a time, "13:31:47", and its length. */
#define NOTATION_DAYTIME_AT 11
#define NOTATION_DAYTIME_LEN 8

/* The same with nanoseconds; the clock counts in thousands of them. */
int notation_append_time_ns(struct bytes *b, uint64_t wall);

/* The longest number has 20 digits. */
#define NOTATION_DECIMAL_MAX 20

/* Decimal digits and a NUL. Returns the number of digits. */
size_t notation_decimal(uint64_t number, char ret[static NOTATION_DECIMAL_MAX + 1]);

/* Lower-case hex. `ret` takes 2 * len characters and a NUL. */
void notation_hex(const void *data, size_t len, char *ret);

/* Exactly 2 * len lower-case hex digits. */
int notation_parse_hex(const char *text, size_t text_len, void *ret, size_t len);

/* A UUID in its canonical lower-case form. */
#define NOTATION_UUID_LEN 36

void notation_uuid(const uint8_t id[static 16], char ret[static NOTATION_UUID_LEN + 1]);
int notation_parse_uuid(const char *text, size_t len, uint8_t ret[static 16]);

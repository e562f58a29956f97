/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * An option is a row of its verb's table: its name, its value, its help, and where the value goes.
 * The command line's reader (cli/verb), the help and the shells' completions all come from these
 * rows.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum option_type {
	OPTION_IS_FLAG,
	OPTION_IS_STRING,
	OPTION_IS_TEXT, /* a string in UTF-8 */
	OPTION_IS_DURATION,
	OPTION_IS_NUMBER,
	OPTION_IS_SIZE,
	OPTION_IS_UID, /* a number or a user's name */
	OPTION_IS_PARSED,
};

/* Stores the meaning of the value. Returns false if the value is invalid. */
typedef bool (*option_parse_fn)(const char *value, void *to);

struct option_row {
	const char *name;  /* without the dashes; NULL in the table's last row */
	char letter;       /* or '\0' */
	const char *value; /* name in the help, such as "ID"; "[=TIME]" if optional; NULL: a flag */
	const char *help;  /* may have several lines */

	/* The macros below set the rest. */
	enum option_type type;
	uint16_t to, given; /* 1 + the offset of a member; 0: none */
	uint64_t min, max;  /* max 0: no limit */
	option_parse_fn parse;
	const char *wants; /* "--NAME wants ..."; NULL: its type's default */
};

/* 1 + the offset of a member; the member must have this type. */
#define OPTION_AT(object, member, type) \
	(1 + offsetof(object, member) + 0 * sizeof(_Generic(((object *)0)->member, type : 0)))

/*
 * The destination of the value: a member of the object passed to verb_read_options(). More members
 * of the row may follow, such as .min or .wants.
 */
#define OPTION_FLAG(object, member) .type = OPTION_IS_FLAG, .to = OPTION_AT(object, member, bool)
#define OPTION_STRING(object, member) \
	.type = OPTION_IS_STRING, .to = OPTION_AT(object, member, const char *)
#define OPTION_TEXT(object, member) \
	.type = OPTION_IS_TEXT, .to = OPTION_AT(object, member, const char *)
#define OPTION_DURATION(object, member) \
	.type = OPTION_IS_DURATION, .to = OPTION_AT(object, member, uint64_t) /* µs */
#define OPTION_NUMBER(object, member) \
	.type = OPTION_IS_NUMBER, .to = OPTION_AT(object, member, uint64_t)
#define OPTION_SIZE(object, member) \
	.type = OPTION_IS_SIZE, .to = OPTION_AT(object, member, uint64_t)
#define OPTION_UID(object, member) .type = OPTION_IS_UID, .to = OPTION_AT(object, member, uid_t)
#define OPTION_PARSED(object, member, function) \
	.type = OPTION_IS_PARSED, .to = 1 + offsetof(object, member), .parse = (function)

/* `wants` of an option that is read by local_time_read(). */
#define OPTION_WANTS_TIME "a time, such as '2026-11-28 10:00', 'yesterday' or -1h"

/* A bool that is set to true if the option is given. */
#define OPTION_GIVEN(object, member) .given = OPTION_AT(object, member, bool)

/*
 * Stores the value in the object; NULL stands for an omitted value. Returns NULL, or a description
 * of the values that the option accepts.
 */
const char *option_store(const struct option_row *row, const char *value, void *object);

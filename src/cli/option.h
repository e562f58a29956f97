/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * An option is a row of its verb's table: what it is called, what it takes, what the help says, and
 * where its value goes. The rows are all that the reader of the command line (cli/verb), the help
 * and the shells' completions know of options.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum option_type {
	OPTION_IS_FLAG,
	OPTION_IS_STRING,
	OPTION_IS_TEXT, /* a string that is UTF-8 */
	OPTION_IS_DURATION,
	OPTION_IS_NUMBER,
	OPTION_IS_SIZE,
	OPTION_IS_UID, /* a number, or the name of a user */
	OPTION_IS_PARSED,
};

/* Stores what the value means. False: it means nothing. */
typedef bool (*option_parse_fn)(const char *value, void *to);

struct option_row {
	const char *name;  /* without the dashes; the last row of a table has none */
	char letter;       /* or '\0' */
	const char *value; /* its name in the help, such as "ID"; "[=TIME]" where it may be left
			      out; NULL for a flag */
	const char *help;  /* may have several lines */

	/* The rest is set by the macros below. */
	enum option_type type;
	size_t to, given;  /* 1 + the offset of a member; 0: none */
	uint64_t min, max; /* max 0: no limit */
	option_parse_fn parse;
	const char *wants; /* "--NAME wants ..."; NULL: what its type says */
};

/* 1 + the offset of a member, which must have this type. */
#define OPTION_AT(object, member, type) \
	(1 + offsetof(object, member) + 0 * sizeof(_Generic(((object *)0)->member, type : 0)))

/*
 * Where the value goes: a member of the object that verb_read_options() is given. Further members
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

/* A bool that becomes true when the option is there. */
#define OPTION_GIVEN(object, member) .given = OPTION_AT(object, member, bool)

/*
 * Stores the value, NULL where it was left out, in the object. Returns NULL, or what the option
 * wants in place of such a value.
 */
const char *option_store(const struct option_row *row, const char *value, void *object);

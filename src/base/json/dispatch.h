/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads the members of an object by a table with a row for each key. The object is one of a tree
 * (base/json/tree), or scanned members (base/json/members). A row's function takes the value into
 * the struct that is filled.
 *
 *	static const struct dispatch_row rows[] = {
 *		{ "name", dispatch_take_string, offsetof(struct user, name), true, 64 },
 *		{ "active", dispatch_take_bool, offsetof(struct user, active), false, 0 },
 *		{ 0 },
 *	};
 *	struct dispatch d = { .to = &user, .fault = note_fault };
 *
 *	r = dispatch_object(&d, object, rows);
 *
 * A fault is a sentence without its full stop that begins with the place of the value, such as
 * "name must be a string".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json/members.h"
#include "base/json/tree.h"

struct dispatch;
struct dispatch_row;

/* The value of a member: of `json` and `member` one is NULL. */
struct dispatch_value {
	const char *string;          /* NULL if it is not a string */
	const struct json *json;     /* in a tree */
	const struct member *member; /* scanned */
};

/* A fault was reported. */
enum { DISPATCH_REFUSED = 1 };

/*
 * Whether a member must be there. Rows write the first two as false and true. In scanned members,
 * null counts as missing if the member is optional; the row's function gets it otherwise.
 */
enum dispatch_need {
	DISPATCH_OPTIONAL = false,
	DISPATCH_REQUIRED = true,
	DISPATCH_NOT_NULL, /* optional, but null does not count as missing */
};

/* Returns 0, DISPATCH_REFUSED or a negative errno. */
typedef int dispatch_take_fn(
	struct dispatch *d, const struct dispatch_row *row, const struct dispatch_value *value);

/* `where`: the place in the object; NULL: the object itself. Error: -ENOMEM. */
typedef int dispatch_fault_fn(struct dispatch *d, const char *where, const char *what);

/* The most rows of a table, without its end. */
#define DISPATCH_ROWS_MAX 40

struct dispatch_row {
	const char *key; /* NULL ends the table */
	dispatch_take_fn *take;
	size_t offset; /* of the value in the struct */
	enum dispatch_need need;
	uint64_t limit; /* of a string's bytes; the greatest number */
};

struct dispatch {
	void *to;      /* the struct that is filled */
	void *context; /* what the caller's own functions need */
	dispatch_fault_fn *fault;

	/*
	 * How much is told. False: members are read in the order of the table up to the first
	 * fault, and unknown keys are ignored. True: they are read in the order of the document,
	 * unknown keys are faults unless it is `open`, and all faults are reported.
	 */
	bool all, open;
};

/*
 * A value that is not an object is a fault of its own. Returns 0, DISPATCH_REFUSED or a negative
 * errno.
 */
int dispatch_object(struct dispatch *d, const struct json *object, const struct dispatch_row *rows);
int dispatch_members(struct dispatch *d, struct members *members, const struct dispatch_row *rows);

/* Takes an element of an array into `to`; `where` is its place, such as "list[2]". */
typedef int dispatch_element_fn(
	struct dispatch *d, const char *where, const struct json *element, void *to);

/* Takes an array of `min` (0 or 1) to `max` elements. `take` may be NULL: they are only counted. */
int dispatch_array(struct dispatch *d, const char *where, const struct json *array, size_t min,
	size_t max, dispatch_element_fn *take, void *to);

/* Whether the value is a bool; *ret is undefined otherwise. */
bool dispatch_bool(const struct dispatch_value *value, bool *ret);

/* The value, a whole number; negative if it is less than 0, or of another kind. */
int64_t dispatch_whole(const struct dispatch_value *value);

/* Reports a fault at a place. Returns DISPATCH_REFUSED or -ENOMEM. */
int dispatch_refuse(struct dispatch *d, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The place of a row's value in the struct. */
void *dispatch_to(const struct dispatch *d, const struct dispatch_row *row);

/* --- functions for rows ----------------------------------------------------------------------- */

/* Strings of at most `limit` bytes, which belong to the document. A required one is not blank. */
dispatch_take_fn dispatch_take_string;
dispatch_take_fn dispatch_take_word;      /* not blank in any case */
dispatch_take_fn dispatch_take_path;      /* absolute and normal (base/path) */
dispatch_take_fn dispatch_take_directory; /* the same, or "/" */
dispatch_take_fn dispatch_take_hash;      /* 64 hexadecimal digits in lower case */

dispatch_take_fn dispatch_take_bool;
dispatch_take_fn dispatch_take_true; /* a bool that may only be true */

/* Whole numbers up to `limit`, from 0 or from 1, into a uint64_t. */
dispatch_take_fn dispatch_take_number, dispatch_take_positive;

/* A user's number, into a uid_t. */
dispatch_take_fn dispatch_take_uid;

/* The same as the numbers, but they are only checked. */
dispatch_take_fn dispatch_check_number, dispatch_check_positive;

/* Only the type is checked; for a string, also its length. */
dispatch_take_fn dispatch_check_object, dispatch_check_string;

/* A document may name its JSON schema. That is for editors: the schema is not read. */
#define DISPATCH_SCHEMA                                                      \
	{                                                                    \
		"$schema", dispatch_check_string, 0, DISPATCH_NOT_NULL, 1024 \
	}

/* SPDX-License-Identifier: ISC */
#pragma once

/* JSON trees. Only this module uses cJSON. Reading accepts only what base/json/scan accepts. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/scan.h"

/* A value inside a document, which owns it. */
struct json;

/* A parsed text. Owns all of its values and strings; does not refer to the text. */
struct json_doc;

/* The text was refused by base/json/scan. */
enum { JSON_MALFORMED = SCAN_REFUSED };

/* Returns 0, JSON_MALFORMED with *ret_fault, or -ENOMEM. */
int json_parse(const char *text, size_t len, struct json_doc **ret, struct scan_fault *ret_fault);

/*
 * The same within other limits. The strings are C strings and can't hold a NUL: \u0000 becomes
 * U+2400, the symbol for NUL.
 */
int json_parse_within(const char *text, size_t len, const struct scan_limits *limits,
	struct json_doc **ret, struct scan_fault *ret_fault);
void json_doc_free(struct json_doc *doc);
DEFINE_CLEANUP(struct json_doc *, json_doc_free)

/* The outermost object. */
const struct json *json_root(const struct json_doc *doc);

/* The member with exactly this key; NULL if the object has none. */
const struct json *json_get(const struct json *object, const char *key);

/* The children of an object or array in their order; NULL for any other value. */
const struct json *json_first(const struct json *parent);
const struct json *json_next(const struct json *child);
#define json_each(child, parent) \
	for (const struct json *child = json_first(parent); child; child = json_next(child))

const char *json_key(const struct json *member);

bool json_is_null(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_object(const struct json *value);

/* Of an object or array. */
size_t json_size(const struct json *parent);

/* NULL if the value is not a string. */
const char *json_string(const struct json *value);

/* False if the value is not a boolean. */
bool json_bool(const struct json *value, bool *ret);

/*
 * False if the value is not a whole number, written without fraction and exponent, between
 * -JSON_INTEGER_MAX and JSON_INTEGER_MAX.
 */
bool json_integer(const struct json *value, int64_t *ret);

/* Whether the member is there, and true. */
bool json_is_true(const struct json *object, const char *key);

/* The member's string; NULL if the member is missing or not a string. */
const char *json_get_string(const struct json *object, const char *key);

/* Whether the member is a whole number (see json_integer()) from 0 to `max`. */
bool json_get_integer(const struct json *object, const char *key, uint64_t max, uint64_t *ret);

/* Whether both are the same value. The order of an object's members does not matter. */
bool json_is_equal(const struct json *a, const struct json *b);

/* Any number without its fraction, for display; 0 if the value is not a number. */
int64_t json_count(const struct json *value);

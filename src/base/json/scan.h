/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Strict JSON. Checks that a text is exactly one object by RFC 8259, followed by nothing but white
 * space. It must also be valid UTF-8, without NUL (raw or as \u0000), without lone surrogates,
 * without a key given twice in any object (compared after unescaping), and at most SCAN_DEPTH_MAX
 * levels deep. Keeps nothing and builds nothing; base/json/tree builds the tree. Time is O(n log n)
 * in the number of keys, else linear.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define SCAN_DEPTH_MAX 16

/* Up to this value a double, and so every reader of JSON, represents each whole number exactly. */
#define JSON_INTEGER_MAX (((int64_t)1 << 53) - 1)

/* Longer numbers are refused: not every reader would read them alike. */
#define SCAN_NUMBER_MAX 63

enum scan_error {
	SCAN_FINE,
	SCAN_EMPTY,
	SCAN_NO_OBJECT,
	SCAN_ENDS_EARLY,
	SCAN_UNEXPECTED,
	SCAN_TRAILING,
	SCAN_TOO_DEEP,
	SCAN_KEY_TWICE,
	SCAN_BAD_UTF8,
	SCAN_CONTROL,
	SCAN_NUL,
	SCAN_BAD_ESCAPE,
	SCAN_LONE_SURROGATE,
	SCAN_BAD_NUMBER,
	SCAN_LONG_NUMBER,
};

/* The error, and its offset in bytes, from 0. */
struct scan_fault {
	enum scan_error error;
	size_t offset;
};

/* A sentence without its full stop, such as "a key is given twice". */
const char *scan_error_text(enum scan_error error);

/* A member of the outermost object. Valid during the call only. */
struct scan_member {
	const char *key; /* unescaped, not NUL-terminated */
	size_t key_len;
	const char *value; /* as it stands in the text */
	size_t value_len;
	size_t key_offset; /* of the key's opening quote in the text */
};

/* Called for each member in order. A negative result ends the scan and is returned. */
typedef int (*scan_member_fn)(const struct scan_member *member, void *userdata);

/* The text is not strict JSON; *ret_fault says why. */
enum { SCAN_REFUSED = 1 };

/*
 * Returns 0, SCAN_REFUSED, -ENOMEM, or the negative result of `fn` (which may be NULL). A member
 * that `fn` saw is well-formed, but a fault may still follow it.
 */
int scan_object(const char *text, size_t len, scan_member_fn fn, void *userdata,
	struct scan_fault *ret_fault);

/* Wider limits, for a text written by other programs. */
struct scan_limits {
	unsigned int depth_max; /* also bounds the recursion */
	bool nul_escape;        /* \u0000 is accepted */
};

int scan_object_within(const char *text, size_t len, const struct scan_limits *limits,
	scan_member_fn fn, void *userdata, struct scan_fault *ret_fault);

/*
 * Decoding values. These functions take only the text of a value that the scan has accepted. They
 * check the kind of the value, but not that it is JSON.
 */

/* The value is of another kind. */
#define SCAN_OTHER 1

/* Appends a string's characters. Returns 0, SCAN_OTHER, or what bytes_append() gives. */
int scan_string_value(const char *value, size_t len, struct bytes *out);

/* Appends the characters of each string of an array, each ended by NUL, and counts them. */
int scan_strings_value(const char *value, size_t len, struct bytes *out, size_t *ret_n);

/*
 * Gives each element of an array as it stands in the text. A negative result of `fn` ends the loop
 * and is returned; else returns 0, SCAN_OTHER or -ENOMEM.
 */
typedef int (*scan_element_fn)(const char *text, size_t len, void *userdata);

int scan_array_value(const char *value, size_t len, scan_element_fn fn, void *userdata);

/* Whether the value is a whole number from 0 to `max`, without sign, fraction and exponent. */
bool scan_integer_value(const char *value, size_t len, uint64_t max, uint64_t *ret);

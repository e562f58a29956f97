/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Strict JSON: whether a text is exactly one object by RFC 8259, and beyond that valid UTF-8,
 * without NUL (raw or as \u0000), without lone surrogates, without a key given twice in any object
 * (compared after unescaping), at most SCAN_DEPTH_MAX levels deep, and followed by nothing but
 * white space. Keeps nothing and builds nothing; base/json/tree builds the tree. Time is O(n log n)
 * in the number of keys, else linear.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define SCAN_DEPTH_MAX 16

/* Up to here doubles, and so every reader of JSON, tell each whole number from its neighbours. */
#define JSON_INTEGER_MAX (((int64_t)1 << 53) - 1)

/* Past this a number is no longer one that every reader takes alike. */
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

/* What is wrong, and where: an offset in bytes, from 0. */
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

/* Is called for each in their order; a negative result ends the scan and is its result. */
typedef int (*scan_member_fn)(const struct scan_member *member, void *userdata);

/* The text is not strict JSON, *ret_fault says why. */
#define SCAN_REFUSED 1

/*
 * Returns 0, SCAN_REFUSED, -ENOMEM, or what `fn` (which may be NULL) gave. A member that `fn` saw
 * is well-formed, but a fault may still come after it.
 */
int scan_object(const char *text, size_t len, scan_member_fn fn, void *userdata,
	struct scan_fault *ret_fault);

/* What else may be taken, of a text that others have written. */
struct scan_limits {
	unsigned int depth_max; /* the recursion is as deep */
	bool nul_escape;        /* \u0000 */
};

int scan_object_within(const char *text, size_t len, const struct scan_limits *limits,
	scan_member_fn fn, void *userdata, struct scan_fault *ret_fault);

/*
 * What a value stands for. They take the text of a value that the scan has shown, and nothing
 * else: what is not of their kind is told, what is not JSON is not.
 */

/* The value is of another kind. */
#define SCAN_OTHER 1

/* Appends a string's characters. Returns 0, SCAN_OTHER, or what bytes_append() gives. */
int scan_string_value(const char *value, size_t len, struct bytes *out);

/* Appends the characters of each string of an array, each ended by NUL, and counts them. */
int scan_strings_value(const char *value, size_t len, struct bytes *out, size_t *ret_n);

/* Whether it is a whole number from 0 to `max`, written without sign, fraction and exponent. */
bool scan_integer_value(const char *value, size_t len, uint64_t max, uint64_t *ret);

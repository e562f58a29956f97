/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Strict JSON. Checks that a text is exactly one object by RFC 8259, followed by nothing but white
 * space. It must also be valid UTF-8, without NUL (raw or as \u0000), without lone surrogates,
 * without a key given twice in any object (compared after unescaping), and at most SCAN_DEPTH_MAX
 * levels deep. Keeps nothing and builds nothing: base/json/tree builds the tree,
 * base/json/scan-value decodes a value. Time is O(n log n) in the number of keys, else linear.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json/scan-error.h"

/* Up to this value a double, and so every reader of JSON, represents each whole number exactly. */
#define JSON_INTEGER_MAX (((int64_t)1 << 53) - 1)

/* A member of the outermost object. Valid during the call only. */
struct scan_member {
	const char *key; /* unescaped, not NUL-terminated */
	size_t key_len;
	const char *value; /* as it stands in the text */
	size_t value_len;
	size_t key_offset; /* of the key's opening quote in the text */
	bool escaped;      /* the value is a string with an escape */
};

/* Called for each member in order. A negative result ends the scan and is returned. */
typedef int (*scan_member_fn)(const struct scan_member *member, void *userdata);

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

/* The value is of another kind. */
enum { SCAN_OTHER = 1 };

/*
 * Gives each element of an array that the scan has accepted, as it stands in the text. A negative
 * result of `fn` ends the loop and is returned; else returns 0, SCAN_OTHER or -ENOMEM.
 */
typedef int (*scan_element_fn)(const char *text, size_t len, void *userdata);

int scan_array_value(const char *value, size_t len, scan_element_fn fn, void *userdata);

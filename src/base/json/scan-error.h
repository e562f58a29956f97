/* SPDX-License-Identifier: ISC */
#pragma once

/* Why a text is not strict JSON (base/json/scan). */

#include <stddef.h>

/* Longer numbers are refused: not every reader would read them alike. */
#define SCAN_NUMBER_MAX 63

#define SCAN_DEPTH_MAX 16

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

/* The text is not strict JSON; *ret_fault says why. */
enum { SCAN_REFUSED = 1 };

/* SPDX-License-Identifier: ISC */

#include "base/json/scan-error.h"

static const char *const error_texts[] = {
	[SCAN_FINE] = "nothing is wrong",
	[SCAN_EMPTY] = "it is empty",
	[SCAN_NO_OBJECT] = "it is not a JSON object",
	[SCAN_ENDS_EARLY] = "the JSON ends early",
	[SCAN_UNEXPECTED] = "this is not JSON",
	[SCAN_TRAILING] = "something follows the JSON object",
	[SCAN_TOO_DEEP] = "it is nested more than 16 levels deep",
	[SCAN_KEY_TWICE] = "a key is given twice",
	[SCAN_BAD_UTF8] = "this is not UTF-8",
	[SCAN_CONTROL] = "a control character stands unescaped in a string",
	[SCAN_NUL] = "a NUL character",
	[SCAN_BAD_ESCAPE] = "an escape that JSON doesn't have",
	[SCAN_LONE_SURROGATE] = "half a surrogate pair",
	[SCAN_BAD_NUMBER] = "a number that JSON doesn't have",
	[SCAN_LONG_NUMBER] = "a number is longer than 63 characters",
};

_Static_assert(SCAN_DEPTH_MAX == 16 && SCAN_NUMBER_MAX == 63, "error_texts name these");

const char *scan_error_text(enum scan_error error)
{
	return error_texts[error];
}

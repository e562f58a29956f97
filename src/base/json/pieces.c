/* SPDX-License-Identifier: ISC */

/* Splits arrays. The text is known to be valid JSON, so only strings and depth matter. */

#include "base/json/pieces.h"

#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at))
		at++;
	return at;
}

/* Returns the position after the string that begins at `at`. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* Returns the position after the value that begins at `at`, and after any white space. */
static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end && (depth > 0 || (*at != ',' && *at != ']'))) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (*at == '[' || *at == '{')
			depth++;
		else if (*at == ']' || *at == '}')
			depth--;
		at++;
	}
	return at;
}

int pieces_each(const char *value, size_t len, piece_fn fn, void *userdata)
{
	const char *end = value + len, *at, *start;
	int r;

	if (len == 0 || value[0] != '[')
		return PIECES_OTHER;

	start = skip_space(value + 1, end);
	if (start < end && *start == ']')
		return 0;

	while (start < end) {
		at = skip_value(start, end);
		len = (size_t)(at - start);
		while (len > 0 && strchr(" \t\r\n", start[len - 1]))
			len--;
		r = fn(start, len, userdata);
		if (r < 0)
			return r;
		if (at >= end || *at == ']')
			break;
		start = skip_space(at + 1, end);
	}
	return 0;
}

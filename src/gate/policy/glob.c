/* SPDX-License-Identifier: ISC */

/*
 * Both kinds are matched alike, texts by characters and paths by segments: as far as it goes; where
 * it doesn't, back to the last star, which then takes one more. Earlier stars need no second try,
 * since what lies between two of them has been found as early as it can be. So no part of the
 * pattern meets the same part of the text twice.
 */

#include "gate/policy/glob.h"

#include <string.h>

#include "base/path.h"
#include "base/text.h"

static const char *next_char(const char *t, const char *end)
{
	uint32_t c;
	size_t n;

	if ((unsigned char)*t < 0x80)
		return t + 1;
	n = text_decode(t, (size_t)(end - t), &c);
	return t + (n > 0 ? n : 1);
}

/* `start` is where the text begins; NULL: ".." is nothing special. */
static bool may_take(const char *start, const char *t, const char *t_end)
{
	const char *first = t;

	if (!start || *t != '.')
		return true;
	if (t > start && t[-1] == '.')
		first--;
	return !(first + 1 < t_end && first[1] == '.'
		&& (first == start || strchr("/=:,", first[-1]))
		&& (first + 2 == t_end || strchr("/=:,", first[2])));
}

static bool match(
	const char *p, const char *p_end, const char *t, const char *t_end, const char *start)
{
	const char *star = NULL, *taken = NULL;

	while (t < t_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			taken = t;
		} else if (p < p_end && *p == '?' && may_take(start, t, t_end)) {
			p++;
			t = next_char(t, t_end);
		} else if (p < p_end && *p == *t) {
			p++;
			t++;
		} else if (star && star == p_end && !start) {
			return true;
		} else if (star && may_take(start, taken, t_end)) {
			p = star;
			t = taken = next_char(taken, t_end);
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}

bool glob_text(const char *pattern, const char *text)
{
	return match(pattern, pattern + strlen(pattern), text, text + strlen(text), NULL);
}

bool glob_text_narrow(const char *pattern, const char *text)
{
	return match(pattern, pattern + strlen(pattern), text, text + strlen(text), text);
}

/* A segment begins with its slash; this is where the next one begins. */
static const char *segment_end(const char *segment)
{
	return segment + 1 + strcspn(segment + 1, "/");
}

static bool is_any_segments(const char *segment)
{
	return strncmp(segment, "/**", 3) == 0 && (segment[3] == '/' || segment[3] == '\0');
}

/* The root has no segments. */
static const char *segments(const char *path)
{
	return path[1] == '\0' ? path + 1 : path;
}

bool glob_path(const char *pattern, const char *path)
{
	const char *p = segments(pattern), *t = segments(path), *star = NULL, *taken = NULL;

	while (*t) {
		if (is_any_segments(p)) {
			p = star = segment_end(p);
			taken = t;
			if (*p == '\0')
				return true;
		} else if (*p && match(p + 1, segment_end(p), t + 1, segment_end(t), NULL)) {
			p = segment_end(p);
			t = segment_end(t);
		} else if (star) {
			p = star;
			t = taken = segment_end(taken);
		} else {
			return false;
		}
	}
	return *p == '\0';
}

const char *glob_text_fault(const char *pattern)
{
	return strstr(pattern, "**") ? "must not have '**' beside other text" : NULL;
}

const char *glob_path_fault(const char *pattern)
{
	if (!path_is_normal(pattern))
		return "must be an absolute path without '.', '..', '//' and final '/'";

	for (const char *s = pattern; *s; s = segment_end(s)) {
		const char *stars = strstr(s, "**");

		if (stars && stars < segment_end(s) && !is_any_segments(s))
			return "must have '**' as a whole segment only";
	}
	return NULL;
}

bool glob_is_literal(const char *pattern)
{
	return !strpbrk(pattern, "*?");
}

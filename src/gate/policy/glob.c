/* SPDX-License-Identifier: ISC */

/*
 * Texts are matched by characters and paths by segments, both in the same way: match as far as
 * possible; on a mismatch, go back to the last star, which then takes one more. Earlier stars need
 * no second try, since the part between two stars was found at its first place. So no part of the
 * pattern is compared with the same part of the text twice.
 */

#include "gate/policy/glob.h"

#include <string.h>

#include "base/path.h"
#include "base/utf8.h"
#include "gate/limits.h"

#define UNLIMITED UINT64_MAX

/* The steps of a call besides those for its text; and the bytes that strlen(3) reads in a step. */
#define CALL_STEPS 8
#define BYTES_IN_STEP 16

/* What is left of the budget; 0: it is spent. */
static uint64_t steps_left = UNLIMITED;

void glob_budget_begin(uint64_t steps)
{
	steps_left = steps;
}

bool glob_budget_end(void)
{
	const bool spent = steps_left == 0;

	steps_left = UNLIMITED;
	return spent;
}

/* False: the budget does not have so many steps, and is spent. */
static bool spend(size_t steps)
{
	if (steps >= steps_left) {
		steps_left = 0;
		return false;
	}
	steps_left -= steps;
	return true;
}

bool glob_budget_spend(size_t len)
{
	return spend(CALL_STEPS + len / BYTES_IN_STEP);
}

bool glob_budget_is_spent(void)
{
	return steps_left == 0;
}

static const char *next_char(const char *t, const char *end)
{
	uint32_t c;
	size_t n;

	if ((unsigned char)*t < 0x80)
		return t + 1;
	n = utf8_decode(t, (size_t)(end - t), &c);
	return t + (n > 0 ? n : 1);
}

/* `start` is the beginning of the text; NULL: ".." is not special. */
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
			if (!spend((size_t)(t - taken) + 1))
				return false;
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

static bool match_text(const char *pattern, const char *text, const char *start)
{
	const size_t len = strlen(text);

	return glob_budget_spend(len)
		&& match(pattern, pattern + strlen(pattern), text, text + len, start);
}

bool glob_text(const char *pattern, const char *text)
{
	return match_text(pattern, text, NULL);
}

bool glob_text_narrow(const char *pattern, const char *text)
{
	return match_text(pattern, text, text);
}

/* The end of a segment, which begins with its slash: where the next one begins. */
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
		if (!spend(CALL_STEPS))
			return false;
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

/* --- patterns of compiled policies ------------------------------------------------------------ */

/*
 * The pattern as an automaton: its states are positions in the pattern, all followed at once. A
 * state is `within` if it is inside the directories of a "**\/", which can't be skipped any more.
 */
struct runs {
	const char *pattern;
	size_t len;
	bool wide;
	enum glob_reach reach;
};

struct run_states {
	bool at[LIMIT_PATTERN + 1], within[LIMIT_PATTERN + 1];
	size_t low, high; /* the range of all states */
};

static char fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

static bool is_directories(const struct runs *g, size_t i)
{
	return g->wide && strncmp(g->pattern + i, "**/", 3) == 0;
}

static void enter(const struct runs *g, struct run_states *s, size_t i, bool within)
{
	bool *states = within ? s->within : s->at;

	while (!states[i]) {
		states[i] = true;
		s->low = i < s->low ? i : s->low;
		s->high = i > s->high ? i : s->high;
		if (within || g->pattern[i] != '*')
			return;
		i += is_directories(g, i) ? 3 : 1;
	}
}

static bool may_begin_after(enum glob_reach reach, char c)
{
	return (reach == GLOB_ANY_DEPTH && c == '/')
		|| (reach == GLOB_ANY_WORD && strchr(" \t\r\n;&|(){}`\"'$/", c));
}

static void step(const struct runs *g, const struct run_states *from, struct run_states *to, char c)
{
	for (size_t i = from->low; i <= from->high && i < g->len; i++) {
		const char p = g->pattern[i];

		if (from->within[i] || (from->at[i] && is_directories(g, i))) {
			enter(g, to, i, true);
			if (c == '/')
				enter(g, to, i + 3, false);
		} else if (from->at[i] && p == '*') {
			enter(g, to, i, false);
		} else if (from->at[i] && (p == c || (g->wide && fold(p) == fold(c)))) {
			enter(g, to, i + 1, false);
		}
	}
	if (may_begin_after(g->reach, c))
		enter(g, to, 0, false);
}

/* A quick filter: the text must hold the longest literal part of the pattern. */
static bool may_fit(const struct runs *g, const char *text)
{
	size_t best = 0, len = 0, at = 0;

	for (size_t i = 0; i <= g->len; i += len + 1) {
		len = strcspn(g->pattern + i, g->wide ? "*/" : "*");
		if (len > best) {
			best = len;
			at = i;
		}
	}
	if (best == 0)
		return true;
	len = 0;
	for (; *text; text++) {
		if (!spend(1 + len))
			return false;
		for (len = 0; len < best; len++) {
			const char p = g->pattern[at + len], c = text[len];

			if (g->wide ? fold(p) != fold(c) : p != c)
				break;
		}
		if (len == best)
			return true;
	}
	return false;
}

static void clear(struct run_states *s, size_t len)
{
	if (s->low <= s->high) {
		memset(s->at + s->low, 0, (s->high - s->low + 1) * sizeof(s->at[0]));
		memset(s->within + s->low, 0, (s->high - s->low + 1) * sizeof(s->within[0]));
	}
	s->low = len + 1;
	s->high = 0;
}

static bool match_runs(const struct runs *g, const char *text)
{
	struct run_states states[2], *now = &states[0], *next = &states[1], *other;

	if (g->len > LIMIT_PATTERN || !may_fit(g, text))
		return false;

	for (size_t k = 0; k < 2; k++) {
		memset(states[k].at, 0, g->len + 1);
		memset(states[k].within, 0, g->len + 1);
		states[k].low = g->len + 1;
		states[k].high = 0;
	}
	enter(g, now, 0, false);
	for (; *text; text++) {
		if (!spend(now->low <= now->high ? now->high - now->low + 1 : 1))
			return false;
		step(g, now, next, *text);
		clear(now, g->len);
		other = now;
		now = next;
		next = other;
	}
	return now->at[g->len];
}

bool glob_run_narrow(const char *pattern, const char *text)
{
	return match_runs(&(struct runs){ pattern, strlen(pattern), false, GLOB_WHOLE }, text);
}

bool glob_run_wide(const char *pattern, const char *text, enum glob_reach reach)
{
	return match_runs(&(struct runs){ pattern, strlen(pattern), true, reach }, text);
}

bool glob_is_literal(const char *pattern)
{
	return !strpbrk(pattern, "*?");
}

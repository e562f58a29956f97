/* SPDX-License-Identifier: ISC */

#include "cli/difference.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* Lines that are shown before and after those that differ. */
#define CONTEXT 2

static const char *end_of_line(const char *at)
{
	const char *newline = strchr(at, '\n');

	return newline ? newline + 1 : at + strlen(at);
}

static int print_line(char sign, const char *line, size_t len)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	bool whole = len > 0 && line[len - 1] == '\n';
	const char *at = line, *tab;

	len -= whole;
	for (; (tab = memchr(at, '\t', (size_t)(line + len - at))); at = tab + 1) {
		text_append_escaped(&shown, at, (size_t)(tab - at));
		bytes_append_str(&shown, "        ");
	}
	if (text_append_escaped(&shown, at, (size_t)(line + len - at)) < 0)
		return -ENOMEM;
	printf("%c%s%s\n", sign, bytes_str(&shown), whole ? "" : "\n\\ no newline at the end");
	return 0;
}

static int print_lines(char sign, const char *from, const char *to)
{
	int r = 0;

	for (const char *end; r >= 0 && from < to; from = end) {
		end = end_of_line(from);
		r = print_line(sign, from, (size_t)(end - from));
	}
	return r;
}

/* Moves back by `n` lines. */
static const char *step_back(const char *at, const char *start, int n)
{
	for (; at > start && n > 0; n--)
		for (at--; at > start && at[-1] != '\n';)
			at--;
	return at;
}

static const char *step_on(const char *at, int n)
{
	for (; *at && n > 0; n--)
		at = end_of_line(at);
	return at;
}

int difference_print(const char *shown, const char *before, const char *after)
{
	const char *a = before, *b = after, *a_end, *b_end, *next;

	while (*a && *b) {
		next = end_of_line(a);
		if (next - a != end_of_line(b) - b || memcmp(a, b, (size_t)(next - a)) != 0)
			break;
		b += next - a;
		a = next;
	}
	a_end = a + strlen(a);
	b_end = b + strlen(b);
	while (a_end > a && b_end > b) {
		const char *a_line = step_back(a_end, a, 1), *b_line = step_back(b_end, b, 1);

		if (a_end - a_line != b_end - b_line
			|| memcmp(a_line, b_line, (size_t)(a_end - a_line)) != 0)
			break;
		a_end = a_line;
		b_end = b_line;
	}

	printf("--- %s\n+++ %s\n", *before ? shown : "/dev/null", *after ? shown : "/dev/null");
	if (print_lines(' ', step_back(a, before, CONTEXT), a) < 0 || print_lines('-', a, a_end) < 0
		|| print_lines('+', b, b_end) < 0)
		return -ENOMEM;
	return print_lines(' ', a_end, step_on(a_end, CONTEXT));
}

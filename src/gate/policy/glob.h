/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Patterns. In a text, '*' is any number of characters and '?' is one; nothing else is special. In
 * a path both stay inside a segment, and a segment "**" is any number of whole segments, also none;
 * at the end of a pattern it is at least one, since a directory does not lie under itself.
 *
 * Matching is of the whole text, takes no memory, and costs at most the length of the pattern times
 * that of the text. Texts are UTF-8; a byte that isn't counts as a character.
 */

#include <stdbool.h>

bool glob_text(const char *pattern, const char *text);

/*
 * The same for a rule that allows: neither '*' nor '?' takes a part of a segment "..", so that what
 * it leads to can only be written out. '/', '=', ':' and ',' end a segment. It may err towards
 * false.
 */
bool glob_text_narrow(const char *pattern, const char *text);

/* The path is absolute and normal, or "/". */
bool glob_path(const char *pattern, const char *path);

/*
 * Patterns of compiled policies: '*' and '**' are any run of characters, also '/' and newlines, and
 * all else is literal. The first is for rules that allow. The second is for those that deny or ask:
 * without regard to the case of ASCII letters, and where the pattern has a run before a slash, as
 * in
 * "**\/name", both may be nothing. It may begin where `reach` says. Cost: the length of the pattern
 * times that of the text, whatever they are.
 */
enum glob_reach {
	GLOB_WHOLE,     /* at the beginning of the text */
	GLOB_ANY_DEPTH, /* after any slash, too */
	GLOB_ANY_WORD,  /* after a blank, or what separates commands in a shell, too */
};

bool glob_run_narrow(const char *pattern, const char *text);
bool glob_run_wide(const char *pattern, const char *text, enum glob_reach reach);

/* What is wrong with a pattern, as "must …"; NULL where nothing is. */
const char *glob_text_fault(const char *pattern);
const char *glob_path_fault(const char *pattern);

/* Whether it fits nothing but itself. */
bool glob_is_literal(const char *pattern);

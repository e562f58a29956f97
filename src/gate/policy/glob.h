/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Patterns. In a text, '*' stands for any number of characters and '?' for one; nothing else is
 * special. In a path both match within one segment only. A segment "**" stands for any number of
 * whole segments, also none; at the end of a pattern it stands for at least one, since a directory
 * does not lie below itself.
 *
 * A pattern must match the whole text. Matching allocates no memory, and costs at most the length
 * of the pattern times that of the text. Texts are UTF-8; an invalid byte counts as a character.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Limits the steps of matching, since a decision could take too long with many patterns and long
 * texts. The count is global: patterns are matched in many places, and the program has one thread.
 * After the budget is spent, nothing matches: the caller must discard the results. Without a
 * budget, the steps are not limited.
 */
void glob_budget_begin(uint64_t steps);

/* Ends the budget. Returns whether it was spent. */
bool glob_budget_end(void);

/*
 * Spends the steps of reading a text of this length once, for a caller that reads it for each
 * pattern. False: the budget is spent.
 */
bool glob_budget_spend(size_t len);

/* Then a loop over words and patterns can end. */
bool glob_budget_is_spent(void);

bool glob_text(const char *pattern, const char *text);

/*
 * The same for a rule that allows: neither '*' nor '?' matches a part of a segment "..", so a path
 * that leads up must be written literally. '/', '=', ':' and ',' end a segment. It may return false
 * in error.
 */
bool glob_text_narrow(const char *pattern, const char *text);

/* The path must be absolute and normal, or "/". */
bool glob_path(const char *pattern, const char *path);

/*
 * Patterns of compiled policies: '*' and '**' stand for any run of characters, also '/' and
 * newlines; all else is literal. The first function is for rules that allow. The second is for
 * rules that deny or ask: it ignores the case of ASCII letters, and a run before a slash, as in
 * "**\/name", may be empty together with the slash. The pattern may begin at the places that
 * `reach` gives. Cost: the length of the pattern times that of the text, in every case.
 */
enum glob_reach {
	GLOB_WHOLE,     /* at the beginning of the text */
	GLOB_ANY_DEPTH, /* also after any slash */
	GLOB_ANY_WORD,  /* also after a blank, or a separator of shell commands */
};

bool glob_run_narrow(const char *pattern, const char *text);
bool glob_run_wide(const char *pattern, const char *text, enum glob_reach reach);

/* The fault of a pattern, as "must …"; NULL if there is none. */
const char *glob_text_fault(const char *pattern);
const char *glob_path_fault(const char *pattern);

/* Whether it fits only itself. */
bool glob_is_literal(const char *pattern);

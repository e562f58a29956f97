/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A text fitted to a screen that is so many columns wide. Pure functions; a text must have been
 * escaped (base/text), so that nothing in it moves the cursor.
 *
 * Printable ASCII takes one column. Everything else is counted as two, which is at least what any
 * terminal gives it: so the terminal never breaks a line by itself, and never where the text wants
 * it to. Combining marks are counted as well, since not every terminal combines them.
 *
 * The functions that append return 0 or what bytes_append() gives; on failure nothing was appended.
 */

#include <stddef.h>

#include "base/bytes.h"

/* How many columns it takes, at most. */
size_t fold_columns(const char *text, size_t len);

/*
 * Appends a text whose first character comes to column `at` (from 0). Where it goes on past
 * `columns`, it does so on a new line that begins with `indent` spaces: no line but the first
 * begins with a character of the text. A line ends after a space if one lies in its second
 * half, else where it is full. With 0 columns it is appended as it is; fewer than FOLD_COLUMNS_MIN
 * are taken for that many, and an indent that leaves too little room is a shorter one.
 */
#define FOLD_COLUMNS_MIN 4

int fold_append(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns);

/*
 * The same for text_append_quoted_lines(): the line ends at each raw newline, and the one after it
 * begins with FOLD_MARK at the end of its indent, where no character of the text can stand. With 0
 * columns the raw newlines are left out.
 */
#define FOLD_MARK "| "

int fold_append_lines(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns);

/*
 * Appends the text, or as much of its beginning as goes into so many columns (FOLD_COLUMNS_MIN or
 * more) with FOLD_CUT after it. A command line whose words are quoted (text_append_quoted()) ends
 * in FOLD_CUT only where it was cut: a word that has that character stands in quotes.
 */
#define FOLD_CUT "…"

int fold_append_cut(struct bytes *b, const char *text, size_t len, size_t columns);

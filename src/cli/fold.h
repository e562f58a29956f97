/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Fits a text to the width of a screen, in columns. Pure functions. The text must be escaped
 * (base/text), so that no character in it moves the cursor.
 *
 * Printable ASCII counts as one column. Every other character counts as two, the most that any
 * terminal uses, so the terminal never wraps a line by itself. Combining marks count too, since not
 * every terminal combines them.
 *
 * Functions that append return 0 or an error of bytes_append(); on failure nothing is appended.
 */

#include <stddef.h>

#include "base/bytes.h"

/* The largest number of columns that the text can take. */
size_t fold_columns(const char *text, size_t len);

/*
 * Appends a text whose first character is at column `at` (from 0). Text beyond `columns` continues
 * on new lines, each with `indent` spaces first, so no line but the first begins with a character
 * of the text. A line breaks after a space if there is one in its second half, else where it is
 * full. With 0 columns the text is appended unchanged. A width below FOLD_COLUMNS_MIN counts as
 * FOLD_COLUMNS_MIN, and an indent that leaves too little room is shortened.
 */
#define FOLD_COLUMNS_MIN 4

int fold_append(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns);

/*
 * The same for the output of text_append_quoted_lines(): each raw newline ends the line, and the
 * next line has FOLD_MARK at the end of its indent, in columns that text never uses. With 0 columns
 * the raw newlines are left out.
 */
#define FOLD_MARK "| "

int fold_append_lines(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns);

/*
 * Appends the text if it fits into `columns` (FOLD_COLUMNS_MIN or more), else as much of its
 * beginning as fits, followed by FOLD_CUT. A quoted command line (text_append_quoted()) ends in
 * FOLD_CUT only if it was cut: a word with that character is in quotes.
 */
#define FOLD_CUT "…"

int fold_append_cut(struct bytes *b, const char *text, size_t len, size_t columns);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The layout of a list: columns of short cells, and a last column with the rest of the row. One
 * place decides about widths, cutting, folding and colour, so that all lists look alike.
 *
 * Embedded: table_init(), then table_widen() for each cell of each row, table_lay_out(), and then
 * the header and the rows are appended. On a terminal no row is wider than the screen: columns are
 * left out, and the last column is cut or folded. Off a terminal all of it is there, on one line.
 *
 * Texts must be escaped (base/text). Functions that append return what bytes_append() returns.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "gate/wire/reply.h"

#define TABLE_COLUMNS_MAX 12

/* Spaces before the further lines of a row that is folded below its own beginning. */
#define TABLE_INDENT 4

/* A screen this wide has room for whole IDs. */
#define TABLE_COLUMNS_WIDE 120

struct table_column {
	const char *header;
	size_t rank; /* columns are left out in this order, beginning with 1; 0: never */
	size_t room; /* the column is left out to leave this much room for the last one */
	bool wide;   /* only for terminals */
};

struct table {
	const struct console *console;
	const struct table_column *columns;
	size_t n;
	const char *last; /* the header of the last column */
	bool folds;       /* the last column is folded, not cut */

	size_t widths[TABLE_COLUMNS_MAX]; /* 0: left out */
	size_t room;                      /* for the last column; 0: left out, SIZE_MAX: all */
};

void table_init(struct table *t, const struct console *console, const struct table_column *columns,
	size_t n, const char *last);

/* Makes the column at least as wide as the cell. */
void table_widen(struct table *t, size_t column, const char *cell);

/* Leaves out a column in which no row has anything. */
void table_leave_out(struct table *t, size_t column);

void table_lay_out(struct table *t);

int table_append_header(const struct table *t, struct bytes *b);
int table_append_cell(
	const struct table *t, size_t column, const char *cell, enum style style, struct bytes *b);

/* Appends the last cell, without the end of the line. */
int table_append_last(const struct table *t, const char *cell, size_t len, struct bytes *b);

/* The style of a decision, wherever one is listed. */
enum style table_decision_style(enum decision decision);

/* A word of a line that has a style. */
struct table_word {
	size_t at, len;
	enum style style;
};

/*
 * Appends a line of a list that is printed as it comes, or of a text: folded, its further lines
 * after `indent` spaces, and with a newline. The word has its style, unless it had to be folded.
 */
int table_append_line(const struct console *console, const char *text, size_t len, size_t indent,
	const struct table_word *word, struct bytes *b);

/*
 * The shortest length that keeps all of the IDs distinct, and is at least `min`. Sorts the IDs.
 */
size_t table_unique_len(const char **ids, size_t n, size_t min);

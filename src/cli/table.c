/* SPDX-License-Identifier: ISC */

/* The layout of lists. */

#include "cli/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fold.h"

/* Spaces between two columns. */
#define GAP 2

/* A last column that is narrower than this is folded below the beginning of its row. */
#define FOLD_ROOM 24

void table_init(struct table *t, const struct console *console, const struct table_column *columns,
	size_t n, const char *last)
{
	*t = (struct table){
		.console = console, .columns = columns, .n = n, .last = last, .room = SIZE_MAX
	};

	for (size_t c = 0; c < n; c++)
		if (!columns[c].wide || console_is_there(console))
			table_widen(t, c, columns[c].header);
}

void table_widen(struct table *t, size_t column, const char *cell)
{
	size_t columns = fold_columns(cell, strlen(cell));

	if (t->columns[column].wide && !console_is_there(t->console))
		return;
	if (columns > t->widths[column])
		t->widths[column] = columns;
}

void table_leave_out(struct table *t, size_t column)
{
	t->widths[column] = 0;
}

static size_t width_of(const struct table *t)
{
	size_t width = 0;

	for (size_t c = 0; c < t->n; c++)
		width += t->widths[c] > 0 ? t->widths[c] + GAP : 0;
	return width;
}

/* Leaves out the column of this rank, unless the last column has the room that it must leave. */
static void make_room(struct table *t, size_t rank)
{
	for (size_t c = 0; c < t->n; c++)
		if (t->columns[c].rank == rank
			&& width_of(t) + t->columns[c].room > t->console->columns)
			t->widths[c] = 0;
}

void table_lay_out(struct table *t)
{
	size_t columns = t->console->columns;

	if (!console_is_there(t->console))
		return;
	for (size_t rank = 1; rank <= t->n; rank++)
		make_room(t, rank);
	t->room = width_of(t) + FOLD_COLUMNS_MIN > columns ? 0 : columns - width_of(t);
}

int table_append_cell(
	const struct table *t, size_t column, const char *cell, enum style style, struct bytes *b)
{
	size_t used = fold_columns(cell, strlen(cell));

	if (t->widths[column] == 0)
		return bytes_error(b);
	return bytes_appendf(b, "%s%s%s%*s", console_style(t->console, style), cell,
		console_plain(t->console, style), (int)(t->widths[column] + GAP - used), "");
}

static int append_folded(const struct table *t, const char *cell, size_t len, struct bytes *b)
{
	size_t width = width_of(t);

	if (t->room >= FOLD_ROOM)
		return fold_append(b, cell, len, width, width, t->console->columns);

	bytes_appendf(b, "\n%*s", TABLE_INDENT, "");
	return fold_append(b, cell, len, TABLE_INDENT, TABLE_INDENT, t->console->columns);
}

int table_append_last(const struct table *t, const char *cell, size_t len, struct bytes *b)
{
	if (t->room == SIZE_MAX)
		return bytes_append(b, cell, len);
	if (t->folds)
		return append_folded(t, cell, len, b);
	return t->room > 0 ? fold_append_cut(b, cell, len, t->room) : bytes_error(b);
}

int table_append_header(const struct table *t, struct bytes *b)
{
	bytes_append_str(b, console_style(t->console, STYLE_BOLD));
	for (size_t c = 0; c < t->n; c++)
		table_append_cell(t, c, t->columns[c].header, STYLE_NONE, b);
	table_append_last(t, t->last, strlen(t->last), b);
	return bytes_appendf(b, "%s\n", console_plain(t->console, STYLE_BOLD));
}

enum style table_decision_style(enum decision decision)
{
	switch (decision) {
	case DECISION_ALLOW:
		return STYLE_GREEN;
	case DECISION_DENY:
		return STYLE_RED;
	case DECISION_PENDING:
		return STYLE_YELLOW;
	default:
		return STYLE_NONE;
	}
}

int table_append_line(const struct console *console, const char *text, size_t len, size_t indent,
	const struct table_word *word, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes folded = BYTES_PRINTED;
	size_t at = word ? word->at : 0, end = word ? at + word->len : 0;
	int r;

	r = fold_append(&folded, text, len, 0, indent, console->columns);
	if (r < 0)
		return r;
	if (end > folded.len || memcmp(folded.data, text, end) != 0)
		at = end = 0;

	bytes_append(b, folded.data, at);
	if (end > at) {
		bytes_append_str(b, console_style(console, word->style));
		bytes_append(b, folded.data + at, end - at);
		bytes_append_str(b, console_plain(console, word->style));
	}
	bytes_append(b, folded.data + end, folded.len - end);
	return bytes_append_char(b, '\n');
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t table_unique_len(const char **ids, size_t n, size_t min)
{
	size_t len = min, same;

	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 0; i + 1 < n; i++) {
		for (same = 0; ids[i][same] != '\0' && ids[i][same] == ids[i + 1][same]; same++)
			;
		if (same + 1 > len)
			len = same + 1;
	}
	return len;
}

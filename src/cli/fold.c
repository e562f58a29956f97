/* SPDX-License-Identifier: ISC */

/* Splits a text into lines by the number of columns available. */

#include "cli/fold.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Returns the length in bytes and the columns of the first character. `len` is at least 1. */
static size_t character(const char *text, size_t len, size_t *ret_columns)
{
	uint32_t c;
	size_t n;

	*ret_columns = (unsigned char)text[0] < 0x80 ? 1 : 2;
	n = utf8_decode(text, len, &c);
	return n > 0 ? n : 1;
}

size_t fold_columns(const char *text, size_t len)
{
	size_t sum = 0, columns;

	for (size_t i = 0; i < len; sum += columns)
		i += character(text + i, len - i, &columns);
	return sum;
}

/* The number of bytes of the text that fit into `room` columns. */
static size_t fitting(const char *text, size_t len, size_t room)
{
	size_t i = 0, used = 0, columns, n;

	while (i < len) {
		n = character(text + i, len - i, &columns);
		used += columns;
		if (used > room)
			break;
		i += n;
	}
	return i;
}

/* The same, but if there is a space in the second half, the line ends after the last one. */
static size_t line(const char *text, size_t len, size_t room)
{
	size_t n = fitting(text, len, room);
	const char *space;

	space = n < len ? memrchr(text, ' ', n) : NULL;
	if (space && fold_columns(text, (size_t)(space + 1 - text)) > room / 2)
		return (size_t)(space + 1 - text);
	return n;
}

static int append_line(struct bytes *b, const char *text, size_t len, size_t indent)
{
	int r;

	r = bytes_appendf(b, "\n%*s", (int)indent, "");
	return r < 0 ? r : bytes_append(b, text, len);
}

static int append(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns)
{
	size_t n = line(text, len, at < columns ? columns - at : 0);
	int r;

	/* The first line may have no room; every other line takes at least one character. */
	r = bytes_append(b, text, n);
	for (size_t i = n; r >= 0 && i < len; i += n) {
		n = line(text + i, len - i, columns - indent);
		r = append_line(b, text + i, n, indent);
	}
	return r;
}

int fold_append(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns)
{
	size_t before = b->len;
	int r;

	if (columns == 0)
		return bytes_append(b, text, len);

	if (columns < FOLD_COLUMNS_MIN)
		columns = FOLD_COLUMNS_MIN;
	if (indent > columns / 2)
		indent = columns / 2;
	r = append(b, text, len, at, indent, columns);
	if (r < 0)
		bytes_undo(b, before, r);
	return r;
}

int fold_append_lines(
	struct bytes *b, const char *text, size_t len, size_t at, size_t indent, size_t columns)
{
	const char *end = text + len, *newline;
	size_t before = b->len;
	int r, mark;

	if (columns > 0 && columns < FOLD_COLUMNS_MIN)
		columns = FOLD_COLUMNS_MIN;
	if (columns > 0 && indent > columns / 2)
		indent = columns / 2;
	mark = (int)(indent - (sizeof(FOLD_MARK) - 1));

	for (;;) {
		newline = memchr(text, '\n', (size_t)(end - text));
		r = fold_append(
			b, text, (size_t)((newline ? newline : end) - text), at, indent, columns);
		if (r < 0 || !newline || newline + 1 == end)
			break;

		if (columns > 0)
			r = bytes_appendf(b, "\n%*s" FOLD_MARK, mark, "");
		if (r < 0)
			break;

		text = newline + 1;
		at = indent;
	}

	if (r < 0)
		bytes_undo(b, before, r);
	return r;
}

int fold_append_cut(struct bytes *b, const char *text, size_t len, size_t columns)
{
	static const char mark[] = FOLD_CUT;
	size_t before = b->len, n = fitting(text, len, columns);
	int r;

	if (n == len)
		return bytes_append(b, text, len);

	n = fitting(text, n, columns - fold_columns(mark, sizeof(mark) - 1));
	bytes_append(b, text, n);
	r = bytes_append_str(b, mark);
	if (r < 0)
		bytes_undo(b, before, r);
	return r;
}

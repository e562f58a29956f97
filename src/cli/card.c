/* SPDX-License-Identifier: ISC */

/*
 * A card is built completely, field by field, and the start of each field is recorded. To cut it,
 * choose the most lines that a field may have, and copy that much of each.
 */

#include "cli/card.h"

#include <string.h>

#include "base/text.h"
#include "cli/fold.h"

void card_init(struct card *c, const struct console *console)
{
	*c = (struct card){
		.console = console,
		.value = BYTES_PRINTED,
		.text = BYTES_PRINTED,
	};
}

void card_deinit(struct card *c)
{
	bytes_deinit(&c->text);
	bytes_deinit(&c->value);
}

void card_check(struct card *c, int r)
{
	if (r < 0 && c->error == 0)
		c->error = r;
}

void card_add(struct card *c, const char *label, enum style style)
{
	int width = c->value.len > 0 ? CARD_VALUE_COLUMN : 0;

	card_check(c, bytes_error(&c->value));
	bytes_appendf(&c->text, "%-*s%s", width, label, console_style(c->console, style));
	card_check(c,
		fold_append_lines(&c->text, bytes_str(&c->value), c->value.len, CARD_VALUE_COLUMN,
			CARD_VALUE_COLUMN, c->console->columns));
	card_check(c, bytes_appendf(&c->text, "%s\n", console_plain(c->console, style)));

	bytes_clear(&c->value);
	c->lines[c->n] =
		console_lines(bytes_str(&c->text) + c->starts[c->n], c->text.len - c->starts[c->n]);
	c->styles[c->n] = style;
	c->starts[++c->n] = c->text.len;
}

void card_add_text(struct card *c, const char *label, const char *text)
{
	if (!text)
		return;
	text_append_quoted(&c->value, text, strlen(text));
	card_add(c, label, STYLE_NONE);
}

void card_drop(struct card *c)
{
	bytes_truncate(&c->text, c->starts[--c->n]);
}

/* If even the labels don't fit, the number of lines is unknown. */
bool card_fits(const struct card *c, size_t rows)
{
	return !console_is_there(c->console)
		|| (c->console->columns >= CARD_VALUE_COLUMN
			&& console_lines(bytes_str(&c->text), c->text.len) <= rows);
}

int card_append(const struct card *c, struct bytes *b)
{
	return c->error < 0 ? c->error : bytes_append(b, bytes_str(&c->text), c->text.len);
}

/* --- cutting ---------------------------------------------------------------------------------- */

static const char *field(const struct card *c, size_t i, size_t *ret_len)
{
	*ret_len = c->starts[i + 1] - c->starts[i];
	return bytes_str(&c->text) + c->starts[i];
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Lines of field `i` if a field may have `allowed`. The long field has at least three, so its end
 * is shown.
 */
static size_t lines_taken(const struct card *c, size_t i, size_t allowed)
{
	if (i == c->long_field && allowed < 3)
		allowed = 3;
	return smaller(c->lines[i], allowed);
}

/*
 * The most lines that a field may have so that all fields fit into `rows`; at least two: one of the
 * field, and one that says how many are missing.
 */
static size_t lines_allowed(const struct card *c, size_t rows)
{
	size_t allowed, sum;

	for (allowed = rows; allowed > 2; allowed--) {
		sum = 0;
		for (size_t i = 0; i < c->n; i++)
			sum += lines_taken(c, i, allowed);
		if (sum <= rows)
			break;
	}
	return allowed < 2 ? 2 : allowed;
}

/* The length in bytes of the first `n` lines. */
static size_t lines_len(const char *text, size_t n)
{
	const char *p = text;

	while (n-- > 0)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - text);
}

/*
 * Appends a field cut to `allowed` lines: its first lines, one that says how many are missing, and
 * its end, since a command may hide something there.
 */
static int append_shortened(const struct card *c, size_t i, size_t allowed, struct bytes *b)
{
	size_t n = c->lines[i], tail = allowed / 3, head = allowed - 1 - tail, len, skip;
	const char *text = field(c, i, &len);

	bytes_append(b, text, lines_len(text, head));
	bytes_appendf(b, "%s%s-- %zu lines of this are not shown --%s\n%s",
		console_plain(c->console, c->styles[i]), console_style(c->console, STYLE_YELLOW),
		n - head - tail, console_plain(c->console, STYLE_YELLOW),
		tail > 0 ? console_style(c->console, c->styles[i]) : "");
	skip = lines_len(text, n - tail);
	return tail == 0 ? bytes_error(b) : bytes_append(b, text + skip, len - skip);
}

/* Appends as much as fits into `rows`; *ret_hidden is the number of lines left out. */
static int append_fields(const struct card *c, size_t rows, struct bytes *b, size_t *ret_hidden)
{
	size_t allowed = lines_allowed(c, rows), hidden = 0, n, taken, len;
	const char *text;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->n; i++) {
		n = c->lines[i];
		taken = lines_taken(c, i, allowed);
		text = field(c, i, &len);
		if (taken > rows) {
			hidden += n;
			continue;
		}

		rows -= taken;
		if (taken == n) {
			r = bytes_append(b, text, len);
		} else {
			hidden += n - (taken - 1);
			r = append_shortened(c, i, taken, b);
		}
	}
	*ret_hidden = hidden;
	return r;
}

/* Appends the last field of a cut card. The command has its own line, for copying. */
static int append_note(const struct card *c, size_t hidden, const char *command, struct bytes *b)
{
	cleanup(card_deinit) struct card note;

	card_init(&note, c->console);
	bytes_appendf(&note.value, "%zu of %zu lines %s not shown; to see all of them:", hidden,
		console_lines(bytes_str(&c->text), c->text.len), hidden == 1 ? "is" : "are");
	card_add(&note, "cut", STYLE_YELLOW);
	bytes_append_str(&note.value, command);
	card_add(&note, "", STYLE_NONE);
	return card_append(&note, b);
}

int card_append_cut(const struct card *c, size_t rows, const char *command, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes note = BYTES_PRINTED;
	size_t hidden, room;
	int r;

	if (c->error < 0)
		return c->error;

	/* The note is longest with the largest number. */
	r = append_note(c, console_lines(bytes_str(&c->text), c->text.len), command, &note);
	if (r < 0)
		return r;

	room = console_lines(bytes_str(&note), note.len);
	r = append_fields(c, rows > room ? rows - room : 0, b, &hidden);
	return r < 0 ? r : append_note(c, hidden, command, b);
}

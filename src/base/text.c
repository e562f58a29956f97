/* SPDX-License-Identifier: ISC */

/*
 * A text is walked in pieces: a piece is one valid character, or one byte of invalid UTF-8. Pieces
 * that need no escape are appended in runs, so that plain text is one append.
 */

#include "base/text.h"

#include <string.h>

#include "base/unicode.h"
#include "base/utf8.h"

struct piece {
	size_t len;
	uint32_t c; /* the code point, or the byte */
	bool valid; /* a character, not a byte */
	enum unicode_class class;
};

/* The number of combining marks that are shown after one letter or digit. */
#define MARKS_MAX 2

/* A position in a text: at `i`, and if `after_word`, after a letter or digit with `marks` marks. */
struct walk {
	const char *text;
	size_t len, i;
	bool after_word;
	unsigned int marks;
};

/* The forms of text_append_quoted(). */
enum form { FORM_BARE, FORM_QUOTED, FORM_ESCAPED };

/* How a hidden piece is written: as \u{HEX}, or as a shell reads it within $'…'. */
enum notation { NOTATION_BRACES, NOTATION_SHELL, NOTATION_SHELL_LINES };

static bool is_printable_ascii(char c)
{
	return c >= 0x20 && c < 0x7F;
}

/* The unicode_class() of a printable ASCII character, without the search. */
static enum unicode_class class_of_ascii(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return UNICODE_LATIN;
	if (c >= '0' && c <= '9')
		return UNICODE_WORD;

	return UNICODE_SYMBOL;
}

bool text_is_blank(const char *text)
{
	while (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		text++;
	return *text == '\0';
}

static struct piece piece_beyond_ascii(const char *text, size_t len)
{
	struct piece piece = { .len = 1, .c = (unsigned char)text[0] };
	size_t n;

	n = utf8_decode(text, len, &piece.c);
	if (n > 0) {
		piece.len = n;
		piece.valid = true;
		piece.class = unicode_class(piece.c);
	}
	return piece;
}

/* The first piece. `len` is at least 1. The piece is nearly always one plain byte. */
static inline struct piece piece_at(const char *text, size_t len)
{
	if (!is_printable_ascii(text[0]))
		return piece_beyond_ascii(text, len);

	return (struct piece){
		.len = 1,
		.c = (unsigned char)text[0],
		.valid = true,
		.class = class_of_ascii(text[0]),
	};
}

/* The next piece; false at the end. A combining mark that may not be shown is UNICODE_HIDDEN. */
static inline bool next_piece(struct walk *w, struct piece *ret)
{
	if (w->i == w->len)
		return false;

	*ret = piece_at(w->text + w->i, w->len - w->i);
	w->i += ret->len;
	if (ret->class == UNICODE_MARK) {
		if (!w->after_word || w->marks == MARKS_MAX)
			ret->class = UNICODE_HIDDEN;
		else
			w->marks++;
	} else {
		w->after_word = ret->class >= UNICODE_WORD;
		w->marks = 0;
	}
	return true;
}

/* Appends a piece within $'…'. */
static int append_shell_escape(
	struct bytes *b, const char *text, const struct piece *piece, enum notation notation)
{
	static const char letters[] = {
		['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['\\'] = '\\', ['\''] = '\''
	};
	int r;

	if (piece->c < sizeof(letters) && letters[piece->c]) {
		r = bytes_appendf(b, "\\%c", letters[piece->c]);
		if (r >= 0 && piece->c == '\n' && notation == NOTATION_SHELL_LINES)
			r = bytes_append_char(b, '\n');
		return r;
	}

	for (size_t i = 0; i < piece->len; i++) {
		r = bytes_appendf(b, "\\x%02X", (unsigned char)text[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int append_escape(
	struct bytes *b, const char *text, const struct piece *piece, enum notation notation)
{
	if (notation != NOTATION_BRACES)
		return append_shell_escape(b, text, piece, notation);

	return bytes_appendf(b, piece->valid ? "\\u{%X}" : "\\x{%02X}", (unsigned int)piece->c);
}

static bool is_escaped(const struct piece *piece, enum notation notation)
{
	return piece->class == UNICODE_HIDDEN
		|| (notation != NOTATION_BRACES && (piece->c == '\\' || piece->c == '\''));
}

static int append_escaped(struct bytes *b, const char *text, size_t len, enum notation notation)
{
	struct walk w = { .text = text, .len = len };
	struct piece piece;
	size_t run = 0, at;
	int r;

	while (next_piece(&w, &piece)) {
		if (!is_escaped(&piece, notation))
			continue;

		at = w.i - piece.len;
		r = bytes_append(b, text + run, at - run);
		if (r < 0)
			return r;

		r = append_escape(b, text + at, &piece, notation);
		if (r < 0)
			return r;

		run = w.i;
	}

	return bytes_append(b, text + run, len - run);
}

int text_append_escaped(struct bytes *b, const char *text, size_t len)
{
	size_t before = b->len, plain = 0;
	int r;

	/* Most texts are plain as a whole. */
	while (plain < len && is_printable_ascii(text[plain]))
		plain++;
	r = plain == len ? bytes_append(b, text, len)
			 : append_escaped(b, text, len, NOTATION_BRACES);
	if (r < 0)
		bytes_undo(b, before, r);

	return r;
}

/* Symbols without a special meaning to a shell anywhere. */
static bool is_bare_symbol(uint32_t c)
{
	switch (c) {
	case '%':
	case '+':
	case ',':
	case '-':
	case '.':
	case '/':
	case ':':
	case '@':
	case '_':
		return true;
	default:
		return false;
	}
}

/* Whether the piece has no special meaning to a shell; `before` is 0 at the start of a word. */
static bool is_bare(const struct piece *piece, uint32_t before)
{
	if (piece->class >= UNICODE_MARK || is_bare_symbol(piece->c))
		return true;

	switch (piece->c) {
	case '=': /* zsh: expands to the path of a command */
		return before != 0;
	case '#': /* begins a comment */
	case '~': /* a home directory, also in a word like an assignment */
		return before != 0 && before != ':' && before != '=';
	default:
		return false;
	}
}

/* Whether the text is all ASCII letters, digits and bare symbols, as most words are. */
static bool is_bare_ascii(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && is_printable_ascii(text[i])
		&& (class_of_ascii(text[i]) >= UNICODE_MARK
			|| is_bare_symbol((unsigned char)text[i])))
		i++;
	return i == len;
}

static enum form form_of(const char *text, size_t len)
{
	enum form form = len > 0 ? FORM_BARE : FORM_QUOTED;
	struct walk w = { .text = text, .len = len };
	struct piece piece;
	uint32_t before = 0;

	if (is_bare_ascii(text, len))
		return form;
	while (next_piece(&w, &piece)) {
		if (piece.class == UNICODE_HIDDEN)
			return FORM_ESCAPED;
		if (!is_bare(&piece, before))
			form = FORM_QUOTED;

		before = piece.c;
	}

	return form;
}

/* Appends a text for the inside of '…'. */
static int append_unquotable(struct bytes *b, const char *text, size_t len)
{
	const char *end = text + len, *quote;
	int r;

	while ((quote = memchr(text, '\'', (size_t)(end - text)))) {
		r = bytes_append(b, text, (size_t)(quote - text));
		if (r < 0)
			return r;

		r = bytes_append_str(b, "'\\''");
		if (r < 0)
			return r;

		text = quote + 1;
	}

	return bytes_append(b, text, (size_t)(end - text));
}

static int append_in_form(
	struct bytes *b, const char *text, size_t len, enum form form, enum notation notation)
{
	int r;

	if (form == FORM_BARE)
		return bytes_append(b, text, len);

	r = bytes_append_str(b, form == FORM_ESCAPED ? "$'" : "'");
	if (r < 0)
		return r;

	if (form == FORM_ESCAPED)
		r = append_escaped(b, text, len, notation);
	else
		r = append_unquotable(b, text, len);
	if (r < 0)
		return r;

	return bytes_append_char(b, '\'');
}

static int append_quoted(struct bytes *b, const char *text, size_t len, enum notation notation)
{
	size_t before = b->len;
	int r;

	r = append_in_form(b, text, len, form_of(text, len), notation);
	if (r < 0)
		bytes_undo(b, before, r);

	return r;
}

int text_append_quoted(struct bytes *b, const char *text, size_t len)
{
	return append_quoted(b, text, len, NOTATION_SHELL);
}

int text_append_quoted_lines(struct bytes *b, const char *text, size_t len)
{
	return append_quoted(b, text, len, NOTATION_SHELL_LINES);
}

/* What is known of the current word. */
struct word {
	bool ascii_letter, latin, other_script;
	bool unlike; /* a non-ASCII character looks like no ASCII one */
	uint32_t c;  /* the first that looks like an ASCII one; 0: none */
	char ascii;
};

static bool is_ascii_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void word_add(struct word *word, const struct piece *piece)
{
	char ascii = '\0';

	if (piece->c >= 0x80)
		ascii = unicode_lookalike(piece->c);

	word->ascii_letter |= is_ascii_letter(piece->c);
	word->latin |= piece->class == UNICODE_LATIN;
	word->other_script |= piece->class == UNICODE_GREEK || piece->class == UNICODE_CYRILLIC;
	if (!ascii && piece->c >= 0x80) {
		word->unlike = true;
	} else if (ascii && !word->c) {
		word->c = piece->c;
		word->ascii = ascii;
	}
}

static enum text_likeness word_likeness(const struct word *word, uint32_t *ret_c, char *ret_ascii)
{
	if (word->latin && word->other_script)
		return TEXT_MIXES_SCRIPTS;
	if (!word->c || (word->unlike && !word->ascii_letter))
		return TEXT_UNLIKE;

	*ret_c = word->c;
	*ret_ascii = word->ascii;
	return TEXT_LOOKS_ALIKE;
}

/* A look-alike symbol counts if it touches ASCII; `before` is 0 at the beginning. */
static enum text_likeness symbol_likeness(
	const struct walk *w, uint32_t c, uint32_t before, uint32_t *ret_c, char *ret_ascii)
{
	uint32_t after = w->i < w->len ? piece_at(w->text + w->i, w->len - w->i).c : 0;
	char ascii = unicode_lookalike(c);

	if (!ascii || strchr("'\"`", ascii) || (ascii == '-' && before != 0))
		return TEXT_UNLIKE;
	if (!(before > 0x20 && before < 0x7F) && !(after > 0x20 && after < 0x7F))
		return TEXT_UNLIKE;

	*ret_c = c;
	*ret_ascii = ascii;
	return TEXT_LOOKS_ALIKE;
}

enum text_likeness text_likeness(const char *text, size_t len, uint32_t *ret_c, char *ret_ascii)
{
	struct walk w = { .text = text, .len = len };
	struct word word = { .c = 0 };
	struct piece piece = { .c = 0 };
	enum text_likeness likeness;
	uint32_t before = 0;

	while (next_piece(&w, &piece)) {
		if (piece.class >= UNICODE_MARK) {
			word_add(&word, &piece);
		} else {
			likeness = word_likeness(&word, ret_c, ret_ascii);
			if (likeness == TEXT_UNLIKE && piece.class == UNICODE_SYMBOL
				&& piece.c >= 0x80)
				likeness = symbol_likeness(&w, piece.c, before, ret_c, ret_ascii);
			if (likeness != TEXT_UNLIKE)
				return likeness;

			word = (struct word){ .c = 0 };
		}
		before = piece.c;
	}

	return word_likeness(&word, ret_c, ret_ascii);
}

/* SPDX-License-Identifier: ISC */

/*
 * A text is walked in pieces: a piece is one character, or one byte that belongs to none. What is
 * shown as it is gets appended in runs, so that plain text is one append.
 */

#include "base/text.h"

#include <string.h>

#include "base/unicode.h"

struct piece {
	size_t len;
	uint32_t c; /* the code point, or the byte */
	bool valid; /* whether it is a character */
	enum unicode_class class;
};

/* The forms of text_append_quoted(). */
enum form { FORM_BARE, FORM_QUOTED, FORM_ESCAPED };

static bool is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

static bool is_printable_ascii(char c)
{
	return c >= 0x20 && c < 0x7F;
}

/* What unicode_class() says of a printable ASCII character, without the search. */
static enum unicode_class class_of_ascii(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return UNICODE_LATIN;
	if (c >= '0' && c <= '9')
		return UNICODE_WORD;

	return UNICODE_SYMBOL;
}

size_t text_decode(const char *text, size_t len, uint32_t *ret)
{
	/* The least code point that takes as many bytes. */
	static const uint32_t least[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	unsigned char lead = (unsigned char)text[0];
	size_t size;
	uint32_t c;

	if (lead < 0x80) {
		*ret = lead;
		return 1;
	} else if ((lead & 0xE0) == 0xC0) {
		size = 2;
		c = lead & 0x1F;
	} else if ((lead & 0xF0) == 0xE0) {
		size = 3;
		c = lead & 0x0F;
	} else if ((lead & 0xF8) == 0xF0) {
		size = 4;
		c = lead & 0x07;
	} else {
		return 0;
	}

	if (len < size)
		return 0;

	for (size_t i = 1; i < size; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xC0) != 0x80)
			return 0;

		c = c << 6 | (next & 0x3F);
	}

	if (c < least[size] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;

	*ret = c;
	return size;
}

/* How many of the first bytes are ASCII, perhaps less: looks at eight at a time. */
static size_t ascii_words(const char *text, size_t len)
{
	uint64_t word;
	size_t i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}

	return i;
}

bool text_is_utf8(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t c;
		size_t n;

		n = is_ascii(text[i]) ? ascii_words(text + i, len - i) : 0;
		if (n == 0)
			n = text_decode(text + i, len - i, &c);
		if (n == 0)
			return false;

		i += n;
	}

	return true;
}

bool text_is_blank(const char *text)
{
	return text[strspn(text, " \t\n\v\f\r")] == '\0';
}

static struct piece piece_beyond_ascii(const char *text, size_t len)
{
	struct piece piece = { .len = 1, .c = (unsigned char)text[0] };
	size_t n;

	n = text_decode(text, len, &piece.c);
	if (n > 0) {
		piece.len = n;
		piece.valid = true;
		piece.class = unicode_class(piece.c);
	}
	return piece;
}

/* The first piece of at least one byte; nearly always it is one byte, and plain. */
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

static int append_escape(struct bytes *b, const struct piece *piece)
{
	if (piece->class != UNICODE_HIDDEN)
		return bytes_appendf(b, "\\%c", (char)piece->c);

	return bytes_appendf(b, piece->valid ? "\\u{%X}" : "\\x{%02X}", (unsigned int)piece->c);
}

/* Appends what is hidden as escapes; and where `quoted`, what an escape or a quote begins with. */
static int append_escaped(struct bytes *b, const char *text, size_t len, bool quoted)
{
	size_t run = 0, i = 0;
	int r;

	while (i < len) {
		struct piece piece = piece_at(text + i, len - i);

		if (piece.class == UNICODE_HIDDEN
			|| (quoted && (piece.c == '\\' || piece.c == '\''))) {
			r = bytes_append(b, text + run, i - run);
			if (r < 0)
				return r;

			r = append_escape(b, &piece);
			if (r < 0)
				return r;

			run = i + piece.len;
		}

		i += piece.len;
	}

	return bytes_append(b, text + run, len - run);
}

int text_append_escaped(struct bytes *b, const char *text, size_t len)
{
	size_t before = b->len;
	int r;

	r = append_escaped(b, text, len, false);
	if (r < 0)
		bytes_truncate(b, before);

	return r;
}

/* Whether a shell takes it for nothing but itself. `before` is 0 at the start of a word. */
static bool is_bare(const struct piece *piece, uint32_t before)
{
	if (piece->class >= UNICODE_WORD)
		return true;

	switch (piece->c) {
	case '%':
	case '+':
	case ',':
	case '-':
	case '.':
	case '/':
	case ':':
	case '=':
	case '@':
	case '_':
		return true;
	case '#': /* begins a comment */
	case '~': /* a home directory, also within what looks like an assignment */
		return before != 0 && before != ':' && before != '=';
	default:
		return false;
	}
}

static enum form form_of(const char *text, size_t len)
{
	enum form form = len > 0 ? FORM_BARE : FORM_QUOTED;
	uint32_t before = 0;
	size_t i = 0;

	while (i < len) {
		struct piece piece = piece_at(text + i, len - i);

		if (piece.class == UNICODE_HIDDEN)
			return FORM_ESCAPED;
		if (!is_bare(&piece, before))
			form = FORM_QUOTED;

		before = piece.c;
		i += piece.len;
	}

	return form;
}

/* What stands between the quotes of '…'. */
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

static int append_in_form(struct bytes *b, const char *text, size_t len, enum form form)
{
	int r;

	if (form == FORM_BARE)
		return bytes_append(b, text, len);

	r = bytes_append_str(b, form == FORM_ESCAPED ? "$'" : "'");
	if (r < 0)
		return r;

	if (form == FORM_ESCAPED)
		r = append_escaped(b, text, len, true);
	else
		r = append_unquotable(b, text, len);
	if (r < 0)
		return r;

	return bytes_append_char(b, '\'');
}

int text_append_quoted(struct bytes *b, const char *text, size_t len)
{
	size_t before = b->len;
	int r;

	r = append_in_form(b, text, len, form_of(text, len));
	if (r < 0)
		bytes_truncate(b, before);

	return r;
}

bool text_mixes_scripts(const char *text, size_t len)
{
	bool latin = false, other = false;
	size_t i = 0;

	while (i < len) {
		struct piece piece = piece_at(text + i, len - i);

		if (piece.class < UNICODE_WORD)
			latin = other = false;
		else if (piece.class == UNICODE_LATIN)
			latin = true;
		else if (piece.class == UNICODE_GREEK || piece.class == UNICODE_CYRILLIC)
			other = true;

		if (latin && other)
			return true;

		i += piece.len;
	}

	return false;
}

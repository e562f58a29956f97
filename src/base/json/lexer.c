/* SPDX-License-Identifier: ISC */

#include "base/json/lexer.h"

#include <string.h>

#include "base/utf8.h"

int lexer_refuse_at(struct lexer *l, enum scan_error error, const char *where)
{
	l->fault = (struct scan_fault){ error, (size_t)(where - l->text) };
	return SCAN_REFUSED;
}

int lexer_refuse(struct lexer *l, enum scan_error error)
{
	return lexer_refuse_at(l, l->at < l->end ? error : SCAN_ENDS_EARLY, l->at);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits after \u. */
static int take_hex4(struct lexer *l, uint32_t *ret)
{
	uint32_t code = 0;
	int digit;

	for (int i = 0; i < 4; i++, l->at++) {
		digit = l->at < l->end ? hex_value(*l->at) : -1;
		if (digit < 0)
			return lexer_refuse(l, SCAN_BAD_ESCAPE);
		code = code << 4 | (uint32_t)digit;
	}
	*ret = code;
	return 0;
}

static bool is_high_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low_surrogate(uint32_t c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

/* Reads one code point after `\u`; it may need a second \u. */
static int take_unicode_escape(struct lexer *l, const char *start, uint32_t *ret)
{
	uint32_t code = 0, low = 0;
	int r;

	r = take_hex4(l, &code);
	if (r != 0)
		return r;
	if (code == 0 && !l->nul_escape)
		return lexer_refuse_at(l, SCAN_NUL, start);
	if (is_low_surrogate(code))
		return lexer_refuse_at(l, SCAN_LONE_SURROGATE, start);

	if (is_high_surrogate(code)) {
		if (l->end - l->at < 2 || l->at[0] != '\\' || l->at[1] != 'u')
			return lexer_refuse_at(l, SCAN_LONE_SURROGATE, start);
		l->at += 2;

		r = take_hex4(l, &low);
		if (r != 0)
			return r;
		if (!is_low_surrogate(low))
			return lexer_refuse_at(l, SCAN_LONE_SURROGATE, start);
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	}
	*ret = code;
	return 0;
}

/* Reads an escape, from its backslash on. Appends its character to `out`, unless that is NULL. */
static int take_escape(struct lexer *l, struct bytes *out)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *start = l->at, *name;
	uint32_t code;
	char utf8[4];
	int r;

	l->at++;
	if (l->at == l->end)
		return lexer_refuse(l, SCAN_ENDS_EARLY);

	if (*l->at == 'u') {
		l->at++;
		r = take_unicode_escape(l, start, &code);
		if (r != 0)
			return r;
		return out ? bytes_append(out, utf8, utf8_encode(code, utf8)) : 0;
	}

	name = memchr(names, *l->at, sizeof(names) - 1);
	if (!name)
		return lexer_refuse_at(l, SCAN_BAD_ESCAPE, start);

	l->at++;
	return out ? bytes_append_char(out, values[name - names]) : 0;
}

/* Reads one character of a string that is neither a quote nor a backslash. */
static int take_plain(struct lexer *l)
{
	unsigned char c = (unsigned char)*l->at;
	uint32_t code;
	size_t n;

	if (c == '\0')
		return lexer_refuse(l, SCAN_NUL);
	if (c < 0x20)
		return lexer_refuse(l, SCAN_CONTROL);

	n = utf8_decode(l->at, (size_t)(l->end - l->at), &code);
	if (n == 0)
		return lexer_refuse(l, SCAN_BAD_UTF8);

	l->at += n;
	return 0;
}

int lexer_any_string(struct lexer *l, struct bytes *out)
{
	const char *run;
	int r;

	l->has_escapes = false;
	for (l->at++;;) {
		run = l->at;
		for (;;) {
			l->at += json_plain_len(l->at, (size_t)(l->end - l->at));
			if (l->at == l->end || *l->at == '"' || *l->at == '\\')
				break;
			r = take_plain(l);
			if (r != 0)
				return r;
		}
		if (out) {
			r = bytes_append(out, run, (size_t)(l->at - run));
			if (r < 0)
				return r;
		}

		if (l->at == l->end)
			return lexer_refuse(l, SCAN_ENDS_EARLY);
		if (*l->at == '"')
			break;

		l->has_escapes = true;
		r = take_escape(l, out);
		if (r != 0)
			return r;
	}
	l->at++;
	return 0;
}

static int take_digits(struct lexer *l)
{
	if (!lexer_at_digit(l))
		return lexer_refuse(l, SCAN_BAD_NUMBER);
	while (lexer_at_digit(l))
		l->at++;
	return 0;
}

int lexer_number(struct lexer *l)
{
	const char *start = l->at;
	int r;

	if (lexer_at(l, '-'))
		l->at++;

	if (lexer_at(l, '0')) {
		l->at++;
		if (lexer_at_digit(l))
			return lexer_refuse_at(l, SCAN_BAD_NUMBER, start);
	} else {
		r = take_digits(l);
		if (r != 0)
			return r;
	}

	if (lexer_at(l, '.')) {
		l->at++;
		r = take_digits(l);
		if (r != 0)
			return r;
	}

	if (lexer_at(l, 'e') || lexer_at(l, 'E')) {
		l->at++;
		if (lexer_at(l, '+') || lexer_at(l, '-'))
			l->at++;
		r = take_digits(l);
		if (r != 0)
			return r;
	}

	if (l->at - start > SCAN_NUMBER_MAX)
		return lexer_refuse_at(l, SCAN_LONG_NUMBER, start);
	return 0;
}

int lexer_word(struct lexer *l, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(l->end - l->at) < len || memcmp(l->at, word, len) != 0)
		return lexer_refuse(l, SCAN_UNEXPECTED);

	l->at += len;
	return 0;
}

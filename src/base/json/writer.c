/* SPDX-License-Identifier: ISC */

/*
 * The JSON writer. Its state: whether a comma is due, and the kind of each open container. A comma,
 * key and value are appended to the buffer at once.
 */

#include "base/json/writer.h"

#include <assert.h>
#include <string.h>

#include "base/json/plain.h"
#include "base/notation.h"

void writer_init(struct writer *w, struct bytes *out)
{
	*w = (struct writer){ .out = out, .start = out->len };
}

int writer_finish(struct writer *w)
{
	assert(w->error < 0 || w->depth == 0);
	if (w->error < 0)
		bytes_undo(w->out, w->start, w->error);
	return w->error;
}

void writer_fail(struct writer *w, int error)
{
	if (w->error >= 0)
		w->error = error;
}

static void put(struct writer *w, const char *text, size_t len)
{
	if (w->error >= 0)
		w->error = bytes_append(w->out, text, len);
}

static void put_char(struct writer *w, char c)
{
	if (w->error >= 0)
		w->error = bytes_append_char(w->out, c);
}

static int append_escape(struct bytes *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
	const char *value = c ? strchr(values, c) : NULL;

	if (value)
		return bytes_append(b, (char[]){ '\\', names[value - values] }, 2);
	return bytes_append(b, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

static int append_quoted(struct bytes *b, const char *string, size_t len)
{
	const char *end = string + len, *run;
	char *to;

	/* The usual case: nothing needs an escape. */
	if (json_plain_len(string, len) == len && b->error >= 0
		&& bytes_reserve(b, len + 2, &to) >= 0) {
		*to++ = '"';
		memcpy(to, string, len);
		to[len] = '"';
		bytes_grew(b, len + 2);
		return 0;
	}

	bytes_append_char(b, '"');
	while (string < end) {
		run = string + json_plain_len(string, (size_t)(end - string));
		while (run < end && is_plain((unsigned char)*run))
			run++;
		bytes_append(b, string, (size_t)(run - string));
		if (run < end)
			append_escape(b, (unsigned char)*run++);
		string = run;
	}
	return bytes_append_char(b, '"');
}

static void put_quoted(struct writer *w, const char *string, size_t len)
{
	if (w->error >= 0)
		w->error = append_quoted(w->out, string, len);
}

static bool in_object(const struct writer *w)
{
	return w->depth > 0 && (w->objects >> (w->depth - 1) & 1);
}

/* Appends the comma and the key that precede a value. */
static void put_key(struct writer *w, const char *key)
{
	assert(w->error < 0 || in_object(w) == (key != NULL));
	if (w->comma)
		put_char(w, ',');
	w->comma = true;
	if (!key)
		return;

	put_quoted(w, key, strlen(key));
	put_char(w, ':');
}

static void begin(struct writer *w, const char *key, bool object)
{
	assert(w->depth < WRITER_DEPTH_MAX);
	put_key(w, key);
	put_char(w, object ? '{' : '[');
	w->objects &= ~(UINT64_C(1) << w->depth);
	w->objects |= (uint64_t)object << w->depth;
	w->depth++;
	w->comma = false;
}

void writer_object(struct writer *w, const char *key)
{
	begin(w, key, true);
}

void writer_array(struct writer *w, const char *key)
{
	begin(w, key, false);
}

void writer_end(struct writer *w)
{
	assert(w->depth > 0);
	put_char(w, in_object(w) ? '}' : ']');
	w->depth--;
	w->comma = true;
}

void writer_string(struct writer *w, const char *key, const char *string)
{
	if (string)
		writer_string_len(w, key, string, strlen(string));
}

void writer_string_len(struct writer *w, const char *key, const char *string, size_t len)
{
	put_key(w, key);
	put_quoted(w, string, len);
}

/* Not printf(3): it would take longer for a token's six numbers than the rest of the output. */
static void put_number(struct writer *w, const char *key, bool negative, uint64_t number)
{
	char digits[NOTATION_DECIMAL_MAX + 1];
	const size_t n = notation_decimal(number, digits);

	put_key(w, key);
	if (negative)
		put_char(w, '-');
	put(w, digits, n);
}

void writer_integer(struct writer *w, const char *key, int64_t number)
{
	put_number(w, key, number < 0, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void writer_unsigned(struct writer *w, const char *key, uint64_t number)
{
	put_number(w, key, false, number);
}

void writer_bool(struct writer *w, const char *key, bool b)
{
	writer_raw(w, key, b ? "true" : "false", b ? 4 : 5);
}

void writer_null(struct writer *w, const char *key)
{
	writer_raw(w, key, "null", 4);
}

void writer_raw(struct writer *w, const char *key, const char *json, size_t len)
{
	put_key(w, key);
	put(w, json, len);
}

void writer_strings(struct writer *w, const char *key, const char *strings, size_t n)
{
	writer_array(w, key);
	for (; n > 0; n--, strings += strlen(strings) + 1)
		writer_string(w, NULL, strings);
	writer_end(w);
}

int json_append_string(struct bytes *b, const char *string)
{
	return append_quoted(b, string, strlen(string));
}

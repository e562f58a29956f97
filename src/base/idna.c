/* SPDX-License-Identifier: ISC */

/* Decodes Punycode (RFC 3492): insertions of code points into the ASCII characters of a label. */

#include "base/idna.h"
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define PREFIX_LEN (sizeof(IDNA_PREFIX) - 1)

/* The longest label of the DNS. */
#define LABEL_MAX 63

/* The parameters of RFC 3492, section 5. */
enum {
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_CODE = 0x80,
};

struct label {
	uint32_t codes[LABEL_MAX];
	size_t n;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value of a digit in base 36; BASE if it is none. */
static uint32_t digit_value(char c)
{
	if (is_digit(c))
		return (uint32_t)(c - '0') + 26;
	return is_letter(c) ? (uint32_t)((c | 0x20) - 'a') : BASE;
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	if (k <= bias + T_MIN)
		return T_MIN;
	return k >= bias + T_MAX ? T_MAX : k - bias;
}

/* Section 6.1. */
static uint32_t adapt_bias(uint32_t delta, size_t n, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / (uint32_t)n;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* Reads one number of variable length from *at on, and adds it to *sum. */
static bool read_delta(const char **at, const char *end, uint32_t bias, uint32_t *sum)
{
	uint32_t weight = 1, digit, t, product;

	for (uint32_t k = BASE;; k += BASE) {
		if (*at == end)
			return false;
		digit = digit_value(*(*at)++);
		if (digit == BASE || __builtin_mul_overflow(digit, weight, &product)
			|| __builtin_add_overflow(*sum, product, sum))
			return false;
		t = threshold(k, bias);
		if (digit < t)
			return true;
		if (__builtin_mul_overflow(weight, BASE - t, &weight))
			return false;
	}
}

static void insert_code(struct label *l, size_t at, uint32_t code)
{
	memmove(l->codes + at + 1, l->codes + at, (l->n - at) * sizeof(l->codes[0]));
	l->codes[at] = code;
	l->n++;
}

static bool is_character(uint32_t code)
{
	return code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

/* Section 6.2. The text is what follows the prefix; it has at most LABEL_MAX bytes. */
static bool decode(const char *text, size_t len, struct label *ret)
{
	const char *end = text + len, *dash = memrchr(text, '-', len), *at = dash ? dash + 1 : text;
	uint32_t code = INITIAL_CODE, bias = INITIAL_BIAS, i = 0, before;
	struct label l = { .n = 0 };

	for (const char *c = text; dash && c < dash; c++)
		l.codes[l.n++] = (unsigned char)*c;
	while (at < end) {
		before = i;
		if (!read_delta(&at, end, bias, &i))
			return false;
		bias = adapt_bias(i - before, l.n + 1, before == 0);
		if (__builtin_add_overflow(code, i / (uint32_t)(l.n + 1), &code)
			|| !is_character(code) || l.n == LABEL_MAX)
			return false;
		i %= (uint32_t)(l.n + 1);
		insert_code(&l, i++, code);
	}
	*ret = l;
	return true;
}

bool idna_is_encoded(const char *label, size_t len)
{
	return len >= PREFIX_LEN && strncmp(label, IDNA_PREFIX, PREFIX_LEN) == 0;
}

static bool decode_label(const char *label, size_t len, struct label *ret)
{
	if (len <= PREFIX_LEN || len > LABEL_MAX || strncasecmp(label, IDNA_PREFIX, PREFIX_LEN) != 0
		|| !decode(label + PREFIX_LEN, len - PREFIX_LEN, ret))
		return false;
	for (size_t i = 0; i < ret->n; i++)
		if (ret->codes[i] >= INITIAL_CODE)
			return true;
	return false;
}

bool idna_is_valid(const char *label, size_t len)
{
	struct label l;

	return decode_label(label, len, &l);
}

static void append_label(struct bytes *b, const char *label, size_t len)
{
	struct label l;
	char utf8[4];

	if (!decode_label(label, len, &l)) {
		bytes_append(b, label, len);
		return;
	}
	for (size_t i = 0; i < l.n; i++)
		bytes_append(b, utf8, utf8_encode(l.codes[i], utf8));
}

static bool is_of_label(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

static size_t label_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && is_of_label(text[n]))
		n++;
	return n;
}

int idna_append_decoded(struct bytes *b, const char *text, size_t len)
{
	size_t n;

	for (; len > 0; text += n, len -= n) {
		n = label_len(text, len);
		if (n > 0)
			append_label(b, text, n);
		else
			bytes_append(b, text, n = 1);
	}
	return bytes_error(b);
}

/* SPDX-License-Identifier: ISC */

/*
 * A recursive descent over the bytes; the limits bound the recursion. Each function reads the thing
 * that it is named after and leaves `at` after it, or returns SCAN_REFUSED with the fault noted.
 *
 * The keys of all open objects lie on one stack, with the innermost object's keys on top. When an
 * object closes, its keys are compared and removed.
 */

#include "base/json/scan.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* A word of eight equal bytes. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Up to this number, keys are compared pairwise; more keys are sorted first. */
#define FEW_KEYS 24

/* A key is read in place. A key with an escape is unescaped into `unescaped`, which may move. */
struct key {
	size_t start; /* in the text, or in `unescaped` */
	size_t len;
	size_t offset; /* of its opening quote in the text */
	bool escaped;
};

struct scanner {
	const char *text, *at, *end;
	struct scan_limits limits;
	unsigned int depth;
	bool has_escapes; /* of the string that was read last */

	struct key *keys;
	size_t n_keys, size_keys;
	struct bytes unescaped;

	scan_member_fn fn;
	void *userdata;
	struct scan_fault fault;
};

static const struct scan_limits strict = { .depth_max = SCAN_DEPTH_MAX };

static const char *const error_texts[] = {
	[SCAN_FINE] = "nothing is wrong",
	[SCAN_EMPTY] = "it is empty",
	[SCAN_NO_OBJECT] = "it is not a JSON object",
	[SCAN_ENDS_EARLY] = "the JSON ends early",
	[SCAN_UNEXPECTED] = "this is not JSON",
	[SCAN_TRAILING] = "something follows the JSON object",
	[SCAN_TOO_DEEP] = "it is nested more than 16 levels deep",
	[SCAN_KEY_TWICE] = "a key is given twice",
	[SCAN_BAD_UTF8] = "this is not UTF-8",
	[SCAN_CONTROL] = "a control character stands unescaped in a string",
	[SCAN_NUL] = "a NUL character",
	[SCAN_BAD_ESCAPE] = "an escape that JSON doesn't have",
	[SCAN_LONE_SURROGATE] = "half a surrogate pair",
	[SCAN_BAD_NUMBER] = "a number that JSON doesn't have",
	[SCAN_LONG_NUMBER] = "a number is longer than 63 characters",
};

_Static_assert(SCAN_DEPTH_MAX == 16 && SCAN_NUMBER_MAX == 63, "error_texts name these");

const char *scan_error_text(enum scan_error error)
{
	return error_texts[error];
}

static int refuse_at(struct scanner *s, enum scan_error error, const char *where)
{
	s->fault = (struct scan_fault){ error, (size_t)(where - s->text) };
	return SCAN_REFUSED;
}

static int refuse(struct scanner *s, enum scan_error error)
{
	return refuse_at(s, s->at < s->end ? error : SCAN_ENDS_EARLY, s->at);
}

static void skip_space(struct scanner *s)
{
	while (s->at < s->end
		&& (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

static bool at_char(const struct scanner *s, char c)
{
	return s->at < s->end && *s->at == c;
}

static bool at_digit(const struct scanner *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
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
static int scan_hex4(struct scanner *s, uint32_t *ret)
{
	uint32_t code = 0;
	int digit;

	for (int i = 0; i < 4; i++, s->at++) {
		digit = s->at < s->end ? hex_value(*s->at) : -1;
		if (digit < 0)
			return refuse(s, SCAN_BAD_ESCAPE);
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
static int scan_unicode_escape(struct scanner *s, const char *start, uint32_t *ret)
{
	uint32_t code = 0, low = 0;
	int r;

	r = scan_hex4(s, &code);
	if (r != 0)
		return r;
	if (code == 0 && !s->limits.nul_escape)
		return refuse_at(s, SCAN_NUL, start);
	if (is_low_surrogate(code))
		return refuse_at(s, SCAN_LONE_SURROGATE, start);

	if (is_high_surrogate(code)) {
		if (s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
			return refuse_at(s, SCAN_LONE_SURROGATE, start);
		s->at += 2;

		r = scan_hex4(s, &low);
		if (r != 0)
			return r;
		if (!is_low_surrogate(low))
			return refuse_at(s, SCAN_LONE_SURROGATE, start);
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	}
	*ret = code;
	return 0;
}

static size_t encode_utf8(uint32_t code, char ret[static 4])
{
	if (code < 0x80) {
		ret[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		ret[0] = (char)(0xc0 | code >> 6);
		ret[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		ret[0] = (char)(0xe0 | code >> 12);
		ret[1] = (char)(0x80 | (code >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | code >> 18);
	ret[1] = (char)(0x80 | (code >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (code >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Reads an escape, from its backslash on. Appends its character to `out`, unless that is NULL. */
static int scan_escape(struct scanner *s, struct bytes *out)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *start = s->at, *name;
	uint32_t code;
	char utf8[4];
	int r;

	s->at++;
	if (s->at == s->end)
		return refuse(s, SCAN_ENDS_EARLY);

	if (*s->at == 'u') {
		s->at++;
		r = scan_unicode_escape(s, start, &code);
		if (r != 0)
			return r;
		return out ? bytes_append(out, utf8, encode_utf8(code, utf8)) : 0;
	}

	name = memchr(names, *s->at, sizeof(names) - 1);
	if (!name)
		return refuse_at(s, SCAN_BAD_ESCAPE, start);

	s->at++;
	return out ? bytes_append_char(out, values[name - names]) : 0;
}

/* Reads one character of a string that is neither a quote nor a backslash. */
static int scan_plain(struct scanner *s)
{
	unsigned char c = (unsigned char)*s->at;
	uint32_t code;
	size_t n;

	if (c == '\0')
		return refuse(s, SCAN_NUL);
	if (c < 0x20)
		return refuse(s, SCAN_CONTROL);

	n = text_decode(s->at, (size_t)(s->end - s->at), &code);
	if (n == 0)
		return refuse(s, SCAN_BAD_UTF8);

	s->at += n;
	return 0;
}

/* The lowest bit set marks the first zero byte. All bytes must be below 0x80. */
static uint64_t zero_bits(uint64_t word)
{
	return (word - EACH(0x01)) & EACH(0x80);
}

/* The lowest bit set marks the first byte that is not a plain character of a string. */
static uint64_t special_bits(uint64_t word)
{
	uint64_t high = word & EACH(0x80), low = word & EACH(0x7f);

	return high | ((low - EACH(0x20)) & EACH(0x80)) | zero_bits(low ^ EACH('"'))
		| zero_bits(low ^ EACH('\\'));
}

/* Skips plain ASCII, by far the most common text, eight bytes at a time. */
static void skip_ascii(struct scanner *s)
{
	uint64_t word, bits;

	while ((size_t)(s->end - s->at) >= sizeof(word)) {
		memcpy(&word, s->at, sizeof(word));
		bits = special_bits(le64toh(word));
		if (bits != 0) {
			s->at += (unsigned int)__builtin_ctzll(bits) / 8;
			return;
		}
		s->at += sizeof(word);
	}
	while (s->at < s->end && (unsigned char)*s->at >= 0x20 && (unsigned char)*s->at < 0x80
		&& *s->at != '"' && *s->at != '\\')
		s->at++;
}

/*
 * Reads a string and notes whether it has escapes. Appends it, unescaped, to `out`, unless that is
 * NULL.
 */
static int scan_string(struct scanner *s, struct bytes *out)
{
	const char *run;
	int r;

	s->has_escapes = false;
	for (s->at++;;) {
		run = s->at;
		skip_ascii(s);
		while (s->at < s->end && *s->at != '"' && *s->at != '\\') {
			r = scan_plain(s);
			if (r != 0)
				return r;
			skip_ascii(s);
		}
		if (out) {
			r = bytes_append(out, run, (size_t)(s->at - run));
			if (r < 0)
				return r;
		}

		if (s->at == s->end)
			return refuse(s, SCAN_ENDS_EARLY);
		if (*s->at == '"')
			break;

		s->has_escapes = true;
		r = scan_escape(s, out);
		if (r != 0)
			return r;
	}
	s->at++;
	return 0;
}

static int scan_digits(struct scanner *s)
{
	if (!at_digit(s))
		return refuse(s, SCAN_BAD_NUMBER);
	while (at_digit(s))
		s->at++;
	return 0;
}

static int scan_number(struct scanner *s)
{
	const char *start = s->at;
	int r;

	if (at_char(s, '-'))
		s->at++;

	if (at_char(s, '0')) {
		s->at++;
		if (at_digit(s))
			return refuse_at(s, SCAN_BAD_NUMBER, start);
	} else {
		r = scan_digits(s);
		if (r != 0)
			return r;
	}

	if (at_char(s, '.')) {
		s->at++;
		r = scan_digits(s);
		if (r != 0)
			return r;
	}

	if (at_char(s, 'e') || at_char(s, 'E')) {
		s->at++;
		if (at_char(s, '+') || at_char(s, '-'))
			s->at++;
		r = scan_digits(s);
		if (r != 0)
			return r;
	}

	if (s->at - start > SCAN_NUMBER_MAX)
		return refuse_at(s, SCAN_LONG_NUMBER, start);
	return 0;
}

static int scan_word(struct scanner *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return refuse(s, SCAN_UNEXPECTED);

	s->at += len;
	return 0;
}

static const char *key_text(const struct scanner *s, const struct key *k)
{
	return (k->escaped ? bytes_str(&s->unescaped) : s->text) + k->start;
}

static int compare_keys(const void *a, const void *b, void *scanner)
{
	const struct key *ka = a, *kb = b;
	const struct scanner *s = scanner;

	if (ka->len != kb->len)
		return ka->len < kb->len ? -1 : 1;
	return memcmp(key_text(s, ka), key_text(s, kb), ka->len);
}

static int push_key(struct scanner *s, const struct key *key)
{
	struct key *keys;
	size_t size;

	if (s->n_keys == s->size_keys) {
		size = s->size_keys ? s->size_keys * 2 : 16;
		keys = reallocarray(s->keys, size, sizeof(*keys));
		if (!keys)
			return -ENOMEM;

		s->keys = keys;
		s->size_keys = size;
	}
	s->keys[s->n_keys++] = *key;
	return 0;
}

/* Reads a key and pushes it onto the stack. */
static int scan_key(struct scanner *s)
{
	const char *start = s->at;
	size_t unescaped = s->unescaped.len;
	struct key key;
	int r;

	if (!at_char(s, '"'))
		return refuse(s, SCAN_UNEXPECTED);

	r = scan_string(s, NULL);
	if (r != 0)
		return r;

	key = (struct key){
		.start = (size_t)(start + 1 - s->text),
		.len = (size_t)(s->at - start) - 2,
		.offset = (size_t)(start - s->text),
	};
	if (s->has_escapes) {
		s->at = start;
		r = scan_string(s, &s->unescaped);
		if (r != 0)
			return r;

		key.escaped = true;
		key.start = unescaped;
		key.len = s->unescaped.len - unescaped;
	}
	return push_key(s, &key);
}

static bool are_same(const struct scanner *s, const struct key *a, const struct key *b)
{
	return a->len == b->len && memcmp(key_text(s, a), key_text(s, b), a->len) == 0;
}

/* Finds the first key that repeats an earlier one; NULL if there is none. */
static const struct key *find_twice(const struct scanner *s, const struct key *keys, size_t n)
{
	uint64_t seen = 0, bit;
	const char *text;

	/*
	 * Length, first and last character make a cheap filter: only keys that agree in it are
	 * compared.
	 */
	for (size_t i = 0; i < n; i++) {
		text = key_text(s, &keys[i]);
		bit = keys[i].len == 0
			? 1
			: UINT64_C(1) << ((keys[i].len * 7 + (unsigned char)text[0] * 5
						  + (unsigned char)text[keys[i].len - 1])
				  % 64);
		for (size_t j = 0; (seen & bit) && j < i; j++)
			if (are_same(s, &keys[i], &keys[j]))
				return &keys[i];
		seen |= bit;
	}
	return NULL;
}

/* The same for many keys, by sorting them. */
static const struct key *sort_for_twice(struct scanner *s, struct key *keys, size_t n)
{
	qsort_r(keys, n, sizeof(*keys), compare_keys, s);
	for (size_t i = 1; i < n; i++)
		if (compare_keys(&keys[i - 1], &keys[i], s) == 0)
			return keys[i - 1].offset > keys[i].offset ? &keys[i - 1] : &keys[i];
	return NULL;
}

/* Closes the object whose keys begin at `first`: no key may be given twice. */
static int close_keys(struct scanner *s, size_t first, size_t unescaped)
{
	size_t n = s->n_keys - first;
	const struct key *twice;

	if (n == 0)
		return 0;

	twice = n > FEW_KEYS ? sort_for_twice(s, s->keys + first, n)
			     : find_twice(s, s->keys + first, n);
	if (twice)
		return refuse_at(s, SCAN_KEY_TWICE, s->text + twice->offset);

	s->n_keys = first;
	bytes_truncate(&s->unescaped, unescaped);
	return 0;
}

static int scan_value(struct scanner *s);

/* Passes the member whose key is on top of the stack to the callback. */
static int show_member(struct scanner *s, const char *value)
{
	const struct key *k = &s->keys[s->n_keys - 1];

	return s->fn(
		&(struct scan_member){
			.key = key_text(s, k),
			.key_len = k->len,
			.value = value,
			.value_len = (size_t)(s->at - value),
			.key_offset = k->offset,
		},
		s->userdata);
}

static int scan_members(struct scanner *s)
{
	const char *value;
	int r;

	for (;;) {
		skip_space(s);
		r = scan_key(s);
		if (r != 0)
			return r;

		skip_space(s);
		if (!at_char(s, ':'))
			return refuse(s, SCAN_UNEXPECTED);
		s->at++;

		skip_space(s);
		value = s->at;
		r = scan_value(s);
		if (r != 0)
			return r;
		if (s->depth == 1 && s->fn) {
			r = show_member(s, value);
			if (r < 0)
				return r;
		}

		skip_space(s);
		if (!at_char(s, ','))
			return 0;
		s->at++;
	}
}

static int scan_elements(struct scanner *s)
{
	int r;

	for (;;) {
		skip_space(s);
		r = scan_value(s);
		if (r != 0)
			return r;

		skip_space(s);
		if (!at_char(s, ','))
			return 0;
		s->at++;
	}
}

/* Reads from the opening bracket to after the closing one. */
static int scan_container(struct scanner *s, char close, int (*content)(struct scanner *))
{
	size_t first = s->n_keys, unescaped = s->unescaped.len;
	int r;

	if (s->depth == s->limits.depth_max)
		return refuse(s, SCAN_TOO_DEEP);

	s->depth++;
	s->at++;
	skip_space(s);
	if (!at_char(s, close)) {
		r = content(s);
		if (r != 0)
			return r;
		if (!at_char(s, close))
			return refuse(s, SCAN_UNEXPECTED);
	}
	s->at++;
	s->depth--;
	return close_keys(s, first, unescaped);
}

static int scan_value(struct scanner *s)
{
	if (s->at == s->end)
		return refuse(s, SCAN_ENDS_EARLY);

	switch (*s->at) {
	case '{':
		return scan_container(s, '}', scan_members);
	case '[':
		return scan_container(s, ']', scan_elements);
	case '"':
		return scan_string(s, NULL);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '\0':
		return refuse(s, SCAN_NUL);
	default:
		if (*s->at == '-' || at_digit(s))
			return scan_number(s);
		return refuse(s, SCAN_UNEXPECTED);
	}
}

static int scan_text(struct scanner *s)
{
	int r;

	skip_space(s);
	if (s->at == s->end)
		return refuse_at(s, SCAN_EMPTY, s->at);
	if (*s->at != '{')
		return refuse(s, SCAN_NO_OBJECT);

	r = scan_value(s);
	if (r != 0)
		return r;

	skip_space(s);
	if (s->at < s->end)
		return refuse(s, SCAN_TRAILING);
	return 0;
}

static struct scanner scanner_of(const char *text, size_t len)
{
	return (struct scanner){
		.text = text,
		.at = text,
		.end = text + len,
		.limits = strict,
		.unescaped = BYTES_INIT(BYTES_UNLIMITED),
	};
}

static void scanner_deinit(struct scanner *s)
{
	free(s->keys);
	bytes_deinit(&s->unescaped);
}

int scan_object(const char *text, size_t len, scan_member_fn fn, void *userdata,
	struct scan_fault *ret_fault)
{
	return scan_object_within(text, len, &strict, fn, userdata, ret_fault);
}

int scan_object_within(const char *text, size_t len, const struct scan_limits *limits,
	scan_member_fn fn, void *userdata, struct scan_fault *ret_fault)
{
	struct scanner s = scanner_of(text, len);
	int r;

	s.limits = *limits;
	s.fn = fn;
	s.userdata = userdata;
	r = scan_text(&s);
	if (r == SCAN_REFUSED)
		*ret_fault = s.fault;

	scanner_deinit(&s);
	return r;
}

int scan_string_value(const char *value, size_t len, struct bytes *out)
{
	struct scanner s = scanner_of(value, len);

	s.limits.nul_escape = true; /* it was accepted, within the limits of its text */
	return at_char(&s, '"') ? scan_string(&s, out) : SCAN_OTHER;
}

int scan_strings_value(const char *value, size_t len, struct bytes *out, size_t *ret_n)
{
	struct scanner s = scanner_of(value, len);
	size_t n = 0;
	int r;

	if (!at_char(&s, '['))
		return SCAN_OTHER;

	for (;;) {
		s.at++;
		skip_space(&s);
		if (n == 0 && at_char(&s, ']'))
			break;
		if (!at_char(&s, '"'))
			return SCAN_OTHER;

		r = scan_string(&s, out);
		if (r == 0)
			r = bytes_append_char(out, '\0');
		if (r != 0)
			return r;

		n++;
		skip_space(&s);
		if (!at_char(&s, ','))
			break;
	}
	*ret_n = n;
	return 0;
}

int scan_array_value(const char *value, size_t len, scan_element_fn fn, void *userdata)
{
	struct scanner s = scanner_of(value, len);
	const char *element;
	bool empty;
	int r = 0;

	if (!at_char(&s, '['))
		return SCAN_OTHER;

	/* The scan that accepted the value had limits of its own. */
	s.limits = (struct scan_limits){ .depth_max = UINT_MAX, .nul_escape = true };
	s.at++;
	skip_space(&s);
	empty = at_char(&s, ']');
	while (r == 0 && !empty) {
		skip_space(&s);
		element = s.at;
		r = scan_value(&s);
		if (r == 0)
			r = fn(element, (size_t)(s.at - element), userdata);
		skip_space(&s);
		if (!at_char(&s, ','))
			break;
		s.at++;
	}
	scanner_deinit(&s);
	return r;
}

bool scan_integer_value(const char *value, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0, digit;

	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return false;
		digit = (uint64_t)(value[i] - '0');
		if (digit > max || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret = number;
	return true;
}

/* SPDX-License-Identifier: ISC */

/*
 * A recursive descent over the bytes; the limits bound the recursion. Each function reads the thing
 * that it is named after, or returns SCAN_REFUSED with the fault noted.
 */

#include "base/json/scan.h"

#include <limits.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/json/lexer.h"
#include "base/json/scan-keys.h"

struct scanner {
	struct lexer lexer;
	unsigned int depth, depth_max;
	struct scan_keys keys;
	scan_member_fn fn;
	void *userdata;
};

static const struct scan_limits strict = { .depth_max = SCAN_DEPTH_MAX };

/* Reads a key and pushes it onto the stack. */
static int scan_key(struct scanner *s)
{
	const char *start = s->lexer.at;
	size_t unescaped = s->keys.unescaped.len;
	struct scan_key key;
	int r;

	if (!lexer_at(&s->lexer, '"'))
		return lexer_refuse(&s->lexer, SCAN_UNEXPECTED);

	r = lexer_string(&s->lexer, NULL);
	if (r != 0)
		return r;

	key = (struct scan_key){
		.start = (size_t)(start + 1 - s->lexer.text),
		.len = (size_t)(s->lexer.at - start) - 2,
		.offset = (size_t)(start - s->lexer.text),
	};
	if (s->lexer.has_escapes) {
		s->lexer.at = start;
		r = lexer_string(&s->lexer, &s->keys.unescaped);
		if (r != 0)
			return r;

		key.escaped = true;
		key.start = unescaped;
		key.len = s->keys.unescaped.len - unescaped;
	}
	r = ARRAY_RESERVE(&s->keys.list, s->keys.n, &s->keys.size);
	if (r < 0)
		return r;
	s->keys.list[s->keys.n++] = key;
	return 0;
}

static int scan_value(struct scanner *s);

/* Passes the member whose key is on top of the stack to the callback. */
static int show_member(struct scanner *s, const char *value)
{
	const struct scan_key *k = &s->keys.list[s->keys.n - 1];

	return s->fn(
		&(struct scan_member){
			.key = scan_key_text(&s->keys, k),
			.key_len = k->len,
			.value = value,
			.value_len = (size_t)(s->lexer.at - value),
			.key_offset = k->offset,
			.escaped = value[0] == '"' && s->lexer.has_escapes,
		},
		s->userdata);
}

/* Whether another member or element follows; skips the comma before it. */
static bool skip_comma(struct scanner *s)
{
	lexer_skip_space(&s->lexer);
	if (!lexer_at(&s->lexer, ','))
		return false;
	s->lexer.at++;
	return true;
}

static int scan_members(struct scanner *s)
{
	const char *value;
	int r;

	do {
		lexer_skip_space(&s->lexer);
		r = scan_key(s);
		if (r != 0)
			return r;

		lexer_skip_space(&s->lexer);
		if (!lexer_at(&s->lexer, ':'))
			return lexer_refuse(&s->lexer, SCAN_UNEXPECTED);
		s->lexer.at++;

		lexer_skip_space(&s->lexer);
		value = s->lexer.at;
		r = scan_value(s);
		if (r != 0)
			return r;
		if (s->depth == 1 && s->fn) {
			r = show_member(s, value);
			if (r < 0)
				return r;
		}
	} while (skip_comma(s));
	return 0;
}

static int scan_elements(struct scanner *s)
{
	int r;

	do {
		lexer_skip_space(&s->lexer);
		r = scan_value(s);
		if (r != 0)
			return r;
	} while (skip_comma(s));
	return 0;
}

/* Reads from the opening bracket to after the closing one. */
static int scan_container(struct scanner *s, char close, int (*content)(struct scanner *))
{
	const size_t first = s->keys.n, unescaped = s->keys.unescaped.len;
	const struct scan_key *twice;
	int r;

	if (s->depth == s->depth_max)
		return lexer_refuse(&s->lexer, SCAN_TOO_DEEP);

	s->depth++;
	s->lexer.at++;
	lexer_skip_space(&s->lexer);
	if (!lexer_at(&s->lexer, close)) {
		r = content(s);
		if (r != 0)
			return r;
		if (!lexer_at(&s->lexer, close))
			return lexer_refuse(&s->lexer, SCAN_UNEXPECTED);
	}
	s->lexer.at++;
	s->depth--;
	if (s->keys.n == first)
		return 0;

	/* No key may be given twice. */
	twice = scan_keys_close(&s->keys, first, unescaped);
	return twice ? lexer_refuse_at(&s->lexer, SCAN_KEY_TWICE, s->lexer.text + twice->offset)
		     : 0;
}

static int scan_value(struct scanner *s)
{
	if (s->lexer.at == s->lexer.end)
		return lexer_refuse(&s->lexer, SCAN_ENDS_EARLY);

	switch (*s->lexer.at) {
	case '{':
		return scan_container(s, '}', scan_members);
	case '[':
		return scan_container(s, ']', scan_elements);
	case '"':
		return lexer_string(&s->lexer, NULL);
	case 't':
		return lexer_word(&s->lexer, "true");
	case 'f':
		return lexer_word(&s->lexer, "false");
	case 'n':
		return lexer_word(&s->lexer, "null");
	case '\0':
		return lexer_refuse(&s->lexer, SCAN_NUL);
	default:
		if (*s->lexer.at == '-' || lexer_at_digit(&s->lexer))
			return lexer_number(&s->lexer);
		return lexer_refuse(&s->lexer, SCAN_UNEXPECTED);
	}
}

static int scan_text(struct scanner *s)
{
	int r;

	lexer_skip_space(&s->lexer);
	if (s->lexer.at == s->lexer.end)
		return lexer_refuse_at(&s->lexer, SCAN_EMPTY, s->lexer.at);
	if (*s->lexer.at != '{')
		return lexer_refuse(&s->lexer, SCAN_NO_OBJECT);

	r = scan_value(s);
	if (r != 0)
		return r;

	lexer_skip_space(&s->lexer);
	if (s->lexer.at < s->lexer.end)
		return lexer_refuse(&s->lexer, SCAN_TRAILING);
	return 0;
}

static struct scanner scanner_of(const char *text, size_t len, const struct scan_limits *limits)
{
	struct scanner s = {
		.lexer = LEXER_INIT(text, len),
		.depth_max = limits->depth_max,
		.keys = { .text = text, .unescaped = BYTES_INIT(len) },
	};

	s.lexer.nul_escape = limits->nul_escape;
	return s;
}

static void scanner_deinit(struct scanner *s)
{
	scan_keys_deinit(&s->keys);
}

int scan_object(const char *text, size_t len, scan_member_fn fn, void *userdata,
	struct scan_fault *ret_fault)
{
	return scan_object_within(text, len, &strict, fn, userdata, ret_fault);
}

int scan_object_within(const char *text, size_t len, const struct scan_limits *limits,
	scan_member_fn fn, void *userdata, struct scan_fault *ret_fault)
{
	cleanup(scanner_deinit) struct scanner s = scanner_of(text, len, limits);
	int r;

	s.fn = fn;
	s.userdata = userdata;
	r = scan_text(&s);
	if (r == SCAN_REFUSED)
		*ret_fault = s.lexer.fault;
	return r;
}

int scan_array_value(const char *value, size_t len, scan_element_fn fn, void *userdata)
{
	/* The scan that accepted the value had limits of its own. */
	static const struct scan_limits any = { .depth_max = UINT_MAX, .nul_escape = true };
	cleanup(scanner_deinit) struct scanner s = scanner_of(value, len, &any);
	struct lexer *l = &s.lexer;
	const char *element;
	int r;

	if (!lexer_at(l, '['))
		return SCAN_OTHER;

	l->at++;
	lexer_skip_space(l);
	if (lexer_at(l, ']'))
		return 0;

	for (;;) {
		lexer_skip_space(l);
		element = l->at;
		r = scan_value(&s);
		if (r == 0)
			r = fn(element, (size_t)(l->at - element), userdata);
		if (r != 0)
			return r;

		lexer_skip_space(l);
		if (!lexer_at(l, ','))
			return 0;
		l->at++;
	}
}

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads the words of strict JSON: strings, numbers, literals. base/json/scan puts them together.
 * Each function leaves `at` after what it has read, or returns SCAN_REFUSED with the fault noted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/plain.h"
#include "base/json/scan-error.h"

struct lexer {
	const char *text, *at, *end;
	bool nul_escape;  /* \u0000 is accepted */
	bool has_escapes; /* of the string that was read last */
	struct scan_fault fault;
};

#define LEXER_INIT(bytes, len)                                         \
	{                                                              \
		.text = (bytes), .at = (bytes), .end = (bytes) + (len) \
	}

/* Notes the fault at `where`, or at the current place, where the text may have ended. */
int lexer_refuse_at(struct lexer *l, enum scan_error error, const char *where);
int lexer_refuse(struct lexer *l, enum scan_error error);

/* The slow path of lexer_string(); same contract. */
int lexer_any_string(struct lexer *l, struct bytes *out);

/*
 * Reads a string; the lexer stands at its opening quote. Appends it, unescaped, to `out`, which may
 * be NULL. Also returns the errors of bytes_append(). Inline for speed: most strings are short and
 * plain.
 */
static inline int lexer_string(struct lexer *l, struct bytes *out)
{
	const char *start = l->at + 1,
		   *end = start + json_plain_len(start, (size_t)(l->end - start));

	if (end == l->end || *end != '"')
		return lexer_any_string(l, out);

	l->has_escapes = false;
	l->at = end + 1;
	return out ? bytes_append(out, start, (size_t)(end - start)) : 0;
}

int lexer_number(struct lexer *l);

/* A literal, such as "true". */
int lexer_word(struct lexer *l, const char *word);

static inline void lexer_skip_space(struct lexer *l)
{
	while (l->at < l->end
		&& (*l->at == ' ' || *l->at == '\t' || *l->at == '\n' || *l->at == '\r'))
		l->at++;
}

static inline bool lexer_at(const struct lexer *l, char c)
{
	return l->at < l->end && *l->at == c;
}

static inline bool lexer_at_digit(const struct lexer *l)
{
	return l->at < l->end && *l->at >= '0' && *l->at <= '9';
}

/* SPDX-License-Identifier: ISC */

/* The hashes: of each text its length, NUL, the text, NUL. */

#include "gate/allowlist/allow-bind.h"

#include <stdio.h>
#include <string.h>

#include "base/notation.h"
#include "base/sha256.h"

/* Adds the text's length, NUL, the text, NUL. */
static void update_with_length(struct sha256 *state, const char *text)
{
	size_t len = strlen(text);
	char digits[24];

	snprintf(digits, sizeof(digits), "%zu", len);
	sha256_update(state, digits, strlen(digits) + 1);
	sha256_update(state, text, len + 1);
}

static void update_with_list(struct sha256 *state, const char *texts, size_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%zu", n);
	sha256_update(state, digits, strlen(digits) + 1);
	for (; n > 0; n--, texts += strlen(texts) + 1)
		update_with_length(state, texts);
}

static void finish(struct sha256 *state, const char *prefix, char *ret)
{
	uint8_t hash[SHA256_LEN];

	sha256_final(state, hash);
	memcpy(ret, prefix, strlen(prefix) + 1);
	notation_hex(hash, sizeof(hash), ret + strlen(prefix));
}

void allow_bind_list(const char *prefix, const char *text, const char *strings, size_t n, char *ret)
{
	struct sha256 state;

	sha256_init(&state);
	update_with_length(&state, text);
	update_with_list(&state, strings, n);
	finish(&state, prefix, ret);
}

void allow_bind(
	const char *cwd, const char *args, size_t n_args, char ret[static ALLOW_BOUND_LEN + 1])
{
	allow_bind_list(ALLOW_BOUND_PREFIX, cwd, args, n_args, ret);
}

void allow_bind_programs(
	const struct string_list *programs, char ret[static ALLOW_PROGRAMS_LEN + 1])
{
	struct sha256 state;

	sha256_init(&state);
	update_with_list(&state, programs->text, programs->n);
	finish(&state, ALLOW_PROGRAMS_PREFIX, ret);
}

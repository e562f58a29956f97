/* SPDX-License-Identifier: ISC */

/* The hashes: of each text its length, NUL, the text, NUL. */

#include "gate/allowlist/allow-bind.h"

#include <stdio.h>
#include <string.h>

#include "base/notation.h"
#include "base/sha256.h"
#include "gate/standing.h"

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

static const char *const prefixes[ALLOW_FORMS] = {
	[ALLOW_USUAL] = "sha256:cwd-argv:v1:",
	[ALLOW_SCOPED_DIRECTORY] = "sha256:cwd-argv:v2:",
	[ALLOW_SCOPED] = "sha256:argv:v2:",
	[ALLOW_PATTERNS_DIRECTORY] = "sha256:cwd:v2:",
	[ALLOW_PATTERNS] = "sha256:none:v2:",
};

enum allow_form allow_form_of(uint8_t scope, bool has_patterns)
{
	if (scope == 0)
		return ALLOW_USUAL;
	if (has_patterns)
		return scope & SCOPE_DIRECTORY ? ALLOW_PATTERNS_DIRECTORY : ALLOW_PATTERNS;
	return scope & SCOPE_DIRECTORY ? ALLOW_SCOPED_DIRECTORY : ALLOW_SCOPED;
}

bool allow_form_has_directory(enum allow_form form)
{
	return form != ALLOW_SCOPED && form != ALLOW_PATTERNS;
}

bool allow_form_has_arguments(enum allow_form form)
{
	return form != ALLOW_PATTERNS_DIRECTORY && form != ALLOW_PATTERNS;
}

enum allow_form allow_form_parse(const char *arg_pattern)
{
	uint8_t hash[SHA256_LEN];
	size_t len;

	for (enum allow_form f = 0; f < ALLOW_FORMS; f++) {
		len = strlen(prefixes[f]);
		if (strncmp(arg_pattern, prefixes[f], len) == 0
			&& notation_parse_hex(
				   arg_pattern + len, strlen(arg_pattern + len), hash, sizeof(hash))
				>= 0)
			return f;
	}
	return ALLOW_FORMS;
}

void allow_bind(enum allow_form form, const char *cwd, const struct string_list *args,
	char ret[static ALLOW_BOUND_LEN + 1])
{
	struct sha256 state;

	sha256_init(&state);
	if (allow_form_has_directory(form))
		update_with_length(&state, cwd);
	if (allow_form_has_arguments(form))
		update_with_list(&state, args->text, args->n);
	finish(&state, prefixes[form], ret);
}

void allow_bind_programs(
	const struct string_list *programs, char ret[static ALLOW_PROGRAMS_LEN + 1])
{
	struct sha256 state;

	sha256_init(&state);
	update_with_list(&state, programs->text, programs->n);
	finish(&state, ALLOW_PROGRAMS_PREFIX, ret);
}

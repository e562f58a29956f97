/* SPDX-License-Identifier: ISC */

/* The hash of a directory and the arguments. */

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

void allow_bind(
	const char *cwd, const char *args, size_t n_args, char ret[static ALLOW_BOUND_LEN + 1])
{
	uint8_t hash[SHA256_LEN];
	struct sha256 state;
	char digits[24];

	sha256_init(&state);
	update_with_length(&state, cwd);
	snprintf(digits, sizeof(digits), "%zu", n_args);
	sha256_update(&state, digits, strlen(digits) + 1);
	for (; n_args > 0; n_args--, args += strlen(args) + 1)
		update_with_length(&state, args);
	sha256_final(&state, hash);

	memcpy(ret, ALLOW_BOUND_PREFIX, sizeof(ALLOW_BOUND_PREFIX) - 1);
	notation_hex(hash, sizeof(hash), ret + sizeof(ALLOW_BOUND_PREFIX) - 1);
}

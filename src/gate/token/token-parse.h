/* SPDX-License-Identifier: ISC */
#pragma once

/* Reads what token_print_stored() and token_print_change() have printed. */

#include "base/bytes.h"
#include "gate/token/token.h"

/* The line is not a token's record, or its values make no sense. */
enum { TOKEN_MALFORMED = 1 };

/*
 * Reads a line of the store. If it is a whole token, `issued` is that token, which the caller owns;
 * `from` is TOKEN_ABSENT and `to` is its state. Otherwise the token `id` goes to state `to`, with
 * `reason`, which lies in `scratch`: a buffer for this function alone, kept from line to line.
 * Returns 0, -ENOMEM, or TOKEN_MALFORMED with *ret_why, a sentence without its full stop.
 */
int token_parse(const char *line, size_t len, struct bytes *scratch, struct token_change *ret,
	const char **ret_why);

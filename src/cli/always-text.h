/* SPDX-License-Identifier: ISC */
#pragma once

/* What an approval for good would allow, in words, for the person who is about to give it. */

#include "base/bytes.h"
#include "cli/token-view.h"
#include "gate/standing.h"

/*
 * Appends it, escaped, without a newline at the end: what a later request must have in common with
 * this one, what it need not have, and what the asker did not say.
 */
int always_text_append(
	const struct token_view *token, const struct standing *standing, struct bytes *b);

/* Reads a scope from an option: words with commas in between. */
bool always_text_parse_scope(const char *value, void *to);

/* SPDX-License-Identifier: ISC */
#pragma once

/* A token as a person reads it, on a card (cli/card): all of it, facts apart from claims. */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/token-view.h"

/* Both functions append. Errors: those of bytes_append(). */

/* Appends the whole card; the fingerprint is the last line. */
int token_card_append(
	const struct token_view *token, const struct console *console, struct bytes *b);

/*
 * Appends as much of the card as fits into `rows` lines of the screen; *ret_whole is true if that
 * is all; else the card is cut. A cut card has no fingerprint: a person who approves must have seen
 * the whole token elsewhere, and proves it with token_card_is_proof().
 */
int token_card_append_fitting(const struct token_view *token, const struct console *console,
	size_t rows, struct bytes *b, bool *ret_whole);

/*
 * Whether the text is the first TOKEN_CARD_PROOF_LEN characters of the fingerprint, in lower case.
 */
#define TOKEN_CARD_PROOF_LEN 8

bool token_card_is_proof(const char *text, const char *fingerprint);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A token as a person reads it: everything, a field after its label, facts apart from claims. All
 * that comes from outside is escaped, and folded to the right of the labels: nothing of it can
 * stand where a label stands.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"
#include "cli/token-view.h"

/* Both append. Errors: those of bytes_append(). */

/* All of it; the fingerprint is the last line. */
int token_card_append(
	const struct token_view *token, const struct console *console, struct bytes *b);

/*
 * As much of it as goes into `rows` lines of the screen, *ret_whole: all of it. Where it is cut,
 * long fields lack their middle, and the last of them may be missing; it says at both places how
 * much isn't shown, and at its end where to see all of it. The fingerprint isn't shown then:
 * whoever wants to approve it must have looked elsewhere, and proves it with token_card_is_proof().
 */
int token_card_append_fitting(const struct token_view *token, const struct console *console,
	size_t rows, struct bytes *b, bool *ret_whole);

/* Whether the text is the first TOKEN_CARD_PROOF_LEN characters of the fingerprint, in small
 * letters. */
#define TOKEN_CARD_PROOF_LEN 8

bool token_card_is_proof(const char *text, const char *fingerprint);

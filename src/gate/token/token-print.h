/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Prints a token as a JSON object: the item of a list on the wire, and the line of the store's
 * file. Both begin with the same members. The wire adds times for people; the file adds the times
 * that decide.
 */

#include "base/bytes.h"
#include "gate/token/token.h"

/* All append one object without a newline. Errors: those of bytes_append(). */

/* What is shown of a token beside what it holds. */
struct token_extra {
	bool to_sign;           /* the members needed for a signature */
	const char *progress;   /* of its approval, a JSON object; NULL or "": none */
	const uid_t *by;        /* of an event: the operator who caused it, or NULL */
	const char *not_always; /* of an event: why it can't be approved for good, or NULL */
	bool extended;          /* of an event: it lives longer, since its asker waits */
};

/* As shown to operators at `now`. */
int token_print_item(const struct token *token, const struct moment *now,
	const struct token_extra *extra, struct bytes *b);

/*
 * As sent to watching clients, with "event": "issued", "signed" for one of several approvals,
 * "extended", or the name of the new state.
 */
int token_print_event(const struct token *token, const struct moment *now,
	const struct token_extra *extra, struct bytes *b);

/* As the store keeps it. */
int token_print_stored(const struct token *token, struct bytes *b);

/* A change of its state as the store keeps it. */
int token_print_change(const struct token_change *change, struct bytes *b);

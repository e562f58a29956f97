/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A token as a JSON object: the item of a list on the wire, and the line of the store's file. Both
 * begin with the same members. The wire adds times for people; the file adds the times that decide.
 */

#include "base/bytes.h"
#include "gate/token/token.h"

/* All append one object without a newline. Errors: those of bytes_append(). */

/* What is shown of a token beside what it holds. */
struct record_extra {
	bool to_sign;           /* the members needed for a signature */
	const char *progress;   /* of its approval, a JSON object; NULL or "": none */
	const uid_t *by;        /* of an event: the operator who caused it, or NULL */
	const char *not_always; /* of an event: why it can't be approved for good, or NULL */
};

/* As shown to operators at `now`. */
int record_print_item(const struct token *token, const struct moment *now,
	const struct record_extra *extra, struct bytes *b);

/*
 * As sent to watching clients, with "event": "issued", "signed" for one of several approvals, or
 * the name of the new state.
 */
int record_print_event(const struct token *token, const struct moment *now,
	const struct record_extra *extra, struct bytes *b);

/* As the store keeps it. */
int record_print_stored(const struct token *token, struct bytes *b);

/* A change of its state as the store keeps it. */
int record_print_change(const struct token_change *change, struct bytes *b);

/* The line is not a record, or its values make no sense. */
enum { RECORD_MALFORMED = 1 };

/*
 * Reads a line of the store. If it is a whole token, `issued` is that token, which the caller owns;
 * `from` is TOKEN_ABSENT and `to` is its state. Otherwise the token `id` goes to state `to`, with
 * `reason`, which lies in `scratch`: a buffer for this function alone, kept from line to line.
 * Returns 0, -ENOMEM, or RECORD_MALFORMED with *ret_why, a sentence without its full stop.
 */
int record_parse(const char *line, size_t len, struct bytes *scratch, struct token_change *ret,
	const char **ret_why);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A token as a JSON object: the item of a list on the wire, and the line of the store's file. Both
 * begin with the same members; the wire adds times that a person can read, the file those that
 * decide.
 */

#include "base/bytes.h"
#include "gate/token/token.h"

/* All append one object without a newline. Errors: those of bytes_append(). */

/* As operators see it at `now`; `to_sign`: with what they need for a signature. */
int record_print_item(
	const struct token *token, const struct moment *now, bool to_sign, struct bytes *b);

/*
 * As those who watch hear it: what just became of it ("issued", or its state's name), which
 * operator did that (NULL: none), why it can't be approved for good (NULL: it can, or is not asked
 * about), and the item.
 */
int record_print_event(const struct token *token, const uid_t *by, const char *not_always,
	const struct moment *now, struct bytes *b);

/* As the store keeps it. */
int record_print_stored(const struct token *token, struct bytes *b);

/* A change of its state as the store keeps it. */
int record_print_change(const struct token_change *change, struct bytes *b);

/* Not a record, or one that doesn't make sense. */
#define RECORD_MALFORMED 1

/*
 * What a line of the store says. Where it is a whole token, `issued` is that token, the caller's,
 * with its state as `to`, and `from` is TOKEN_ABSENT; else `id` goes to state `to`, with `reason`,
 * which lies in `scratch`: a buffer for this function alone, kept from line to line. Returns 0,
 * -ENOMEM, or RECORD_MALFORMED with *ret_why, a sentence without its full stop.
 */
int record_parse(const char *line, size_t len, struct bytes *scratch, struct token_change *ret,
	const char **ret_why);

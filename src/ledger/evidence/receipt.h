/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The receipt of a token: the record of the allow that rests on its approvals. It is found in a
 * stream by its sequence number, at a cost that hardly grows with the stream.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Whether the line, without its newline, is the record of an allow by this token, with approvals.
 */
bool receipt_is_of(const char *line, size_t len, const char *token);

/* The stream has no such record with this number. */
enum { RECEIPT_NONE = 1 };

/*
 * Appends the receipt's line, without its newline. Only the first `size` bytes of the file are
 * read. Returns 0, RECEIPT_NONE, or a negative errno.
 */
int receipt_find(int fd, uint64_t size, uint64_t sequence, const char *token, struct bytes *ret);

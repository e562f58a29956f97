/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Compares the last records of a log with the store. A change of a token is on record there before
 * its evidence is. So if a record says that a token was used or refused, and the token can still be
 * used, the store is an older one: its directory was put back.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "ledger/store/store.h"

/* The store has a token that a record says was spent. */
enum { SPENT_TOKENS_LIVE = 1 };

/*
 * Reads the records between two offsets, which must be whole and part of the chain. Moves the
 * file's offset. Returns 0, SPENT_TOKENS_LIVE with the reason appended to `why`, or a negative
 * errno.
 */
int spent_tokens_check(
	int fd, uint64_t start, uint64_t end, struct store *store, struct bytes *why);

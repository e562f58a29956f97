/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Reads the last record of a stream without the records before it, at a cost that stays the same.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ledger/evidence/chain.h"
#include "ledger/evidence/key.h"

/* There is no valid, whole record at that place. */
enum { CHAIN_TAIL_REFUSED = 1 };

/*
 * Reads the record that ends, with its newline, at `end` bytes into the file, and checks its
 * record_hash. *ret_own (or NULL) is chain_is_signed_with() for this record and `key`. Returns 0,
 * CHAIN_TAIL_REFUSED with the reason appended to `why`, or a negative errno.
 */
int chain_tail_read(int fd, uint64_t end, const struct evidence_key *key, bool *ret_own,
	struct chain_head *ret, struct bytes *why);

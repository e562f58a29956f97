/* SPDX-License-Identifier: ISC */
#pragma once

/* The end of a stream, read without what stands before it: a million records cost what one does. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ledger/evidence/chain.h"
#include "ledger/evidence/key.h"

/* No whole record that holds ends there. */
#define CHAIN_TAIL_REFUSED 1

/*
 * Reads the record that ends, with its newline, at `end` bytes into the file, and checks it against
 * its own record_hash. *ret_own (or NULL) is what chain_is_signed_with() says of it and `key`.
 * Returns 0, CHAIN_TAIL_REFUSED with why appended, or a negative errno.
 */
int chain_tail_read(int fd, uint64_t end, const struct evidence_key *key, bool *ret_own,
	struct chain_head *ret, struct bytes *why);

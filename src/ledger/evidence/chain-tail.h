/* SPDX-License-Identifier: ISC */
#pragma once

/* The end of a stream, read without what stands before it: a million records cost what one does. */

#include <stdint.h>

#include "base/bytes.h"
#include "ledger/evidence/chain.h"

/* No whole record that holds ends there. */
#define CHAIN_TAIL_REFUSED 1

/*
 * Reads the record that ends, with its newline, at `end` bytes into the file, and checks it against
 * its own record_hash. Returns 0, CHAIN_TAIL_REFUSED with why appended, or a negative errno.
 */
int chain_tail_read(int fd, uint64_t end, struct chain_head *ret, struct bytes *why);

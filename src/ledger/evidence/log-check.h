/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Checks that a log of evidence is unchanged from its last mark on; records before it are not read.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "ledger/evidence/head-file.h"
#include "ledger/evidence/key.h"

struct log_end {
	struct log_position mark; /* the last record that is whole */
	uint64_t torn;            /* bytes after `mark`, which were never acknowledged */
	char torn_hash[CHAIN_HASH_LEN + 1];
};

/* The log is refused: it was changed; or its last record is whole, but signed in another way. */
enum { LOG_REFUSED = 1, LOG_OTHER_KEY };

/*
 * Reads from `mark` to the end of the file. The record at the mark must be unchanged, and whole
 * records after it must continue it, signed with the key if there is one. Returns 0, one of the
 * above with the reason appended to `why`, or a negative errno.
 */
int log_check(int fd, const struct log_position *mark, const struct evidence_key *key,
	struct log_end *ret, struct bytes *why);

/* The same without checking signatures, for a log whose key is lost. */
int log_check_chain(
	int fd, const struct log_position *mark, struct log_end *ret, struct bytes *why);

/* Finds the last whole record in a log that has no mark. */
int log_find_mark(int fd, struct log_position *ret, struct bytes *why);

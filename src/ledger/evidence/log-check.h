/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Whether a log of evidence is still the one that was left, from its last mark on: what
 * stands before that is not read.
 */

#include <stdint.h>

#include "base/bytes.h"
#include "ledger/evidence/head-file.h"
#include "ledger/evidence/key.h"

struct log_end {
	struct log_position mark; /* the last record that is whole */
	uint64_t torn;            /* bytes after that, which were never acknowledged */
	char torn_hash[CHAIN_HASH_LEN + 1];
};

/* The log is not what it was. */
#define LOG_REFUSED 1

/*
 * Reads from `mark` to the end of the file: the record at the mark must be there, unchanged, and
 * whole records after it must continue it, signed with the key where there is one. Returns 0,
 * LOG_REFUSED with why appended, or a negative errno.
 */
int log_check(int fd, const struct log_position *mark, const struct evidence_key *key,
	struct log_end *ret, struct bytes *why);

/* A mark of the last whole record in a file of which none was kept. */
int log_find_mark(int fd, struct log_position *ret, struct bytes *why);

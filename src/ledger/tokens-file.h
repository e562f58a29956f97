/* SPDX-License-Identifier: ISC */
#pragma once

/* A table of tokens as a journal: what ledger/journal reads and writes, with tokens in its lines.
 */

#include "ledger/journal.h"
#include "ledger/table.h"

/*
 * Writes all of a table to a new file, in batches of about 1 MiB, the first with the number behind
 * `after`. Gives the number of the last one and the size of the file; or a negative errno.
 */
int tokens_file_write(
	int fd, const struct table *table, uint64_t after, uint64_t *ret_batch, uint64_t *ret_size);

/* Reads a file into an empty table: as journal_load(), which see. */
int tokens_file_load(int fd, struct table *table, struct journal_end *ret_end, struct bytes *why);

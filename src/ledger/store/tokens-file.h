/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A table of tokens as a journal: what ledger/store/journal reads and writes, with tokens in its
 * lines; and the store's note, where there is one, which a later one supersedes.
 */

#include "ledger/store/journal.h"
#include "ledger/store/token-table.h"

/*
 * Writes all of a table to a new file, in batches of about 1 MiB, the first with the number after
 * `after`. Gives the number of the last one and the size of the file; or a negative errno.
 */
int tokens_file_write(int fd, const struct token_table *table, const struct bytes *note,
	uint64_t after, uint64_t *ret_batch, uint64_t *ret_size);

/* Reads a file into an empty table and note: as journal_load(), which see. */
int tokens_file_load(int fd, struct token_table *table, struct bytes *note,
	struct journal_end *ret_end, struct bytes *why);

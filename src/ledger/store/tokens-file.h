/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A table of tokens as a journal (ledger/store/journal). Its lines are tokens, changes, and the
 * store's note, if there is one. A later note replaces an earlier one.
 */

#include "ledger/store/journal.h"
#include "ledger/store/token-table.h"

/*
 * Writes the whole table to a new file, in batches of about 1 MiB, numbered after `last`, which
 * becomes the last of them. Gives the size of the file; or returns a negative errno.
 */
int tokens_file_write(int fd, const struct token_table *table, const struct bytes *note,
	struct journal_mark *last, uint64_t *ret_size);

/* Reads a file into an empty table and note. `known` and the results: see journal_load(). */
int tokens_file_load(int fd, const struct journal_mark *known, struct token_table *table,
	struct bytes *note, struct journal_end *ret_end, struct bytes *why);

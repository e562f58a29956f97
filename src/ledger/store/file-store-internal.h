/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The file store, for the shared store, which embeds it as its first member and passes its own
 * table of operations. Each function implements the operation of the same name.
 */

#include "ledger/store/table-store.h"
#include "ledger/store/tokens-log.h"

struct file_store {
	struct table_store base; /* first */
	struct tokens_log log;
	struct bytes lines; /* of the next batch */
	bool displaced;     /* another process changed the file: closed for good */
	bool settled;       /* the table was written after that, or can't be written */
};

/* Reads the tokens on record; after that the store is open, or closed with a reason. */
void file_store_init(struct file_store *f, const struct store_ops *ops, struct state_dir *dir,
	const struct moment *now);
void file_store_deinit(struct file_store *f);

void file_store_check(struct store *store);
int file_store_retry(struct store *store, const struct moment *now);
void file_store_look(struct store *store);
int file_store_apply(struct store *store, struct token_change *change);
int file_store_prepare(struct store *store);
int file_store_finish(struct store *store);
void file_store_abort(struct store *store, int result);
int file_store_rest(struct store *store);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The file store: the tokens in tokens.jsonl of the state directory. Whatever is wrong with the
 * directory or the file makes a closed store that says why. The directory must outlive the store.
 */

#include "gate/token/token.h"
#include "ledger/state-dir.h"
#include "ledger/store/store.h"

/*
 * Reads what is on record. While another process holds the directory's lock, the store is closed,
 * and store_prepare() tries again. Error: -ENOMEM.
 */
int file_store_new(struct state_dir *dir, const struct moment *now, struct store **ret);

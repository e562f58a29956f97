/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The file store: the tokens in tokens.jsonl of the state directory. If anything is wrong with the
 * directory or the file, the store is closed and says why. The directory must outlive the store.
 */

#include "gate/token/token.h"
#include "ledger/state-dir.h"
#include "ledger/store/store.h"

/*
 * Reads the tokens on record. While another process holds the directory's lock, the store is
 * closed, and store_prepare() tries again. Error: -ENOMEM.
 */
int file_store_new(struct state_dir *dir, const struct moment *now, struct store **ret);

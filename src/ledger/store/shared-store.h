/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The shared store: a file store that sends each change to a desk (ledger/store/desk) before it is
 * on record. While the desk is away, the store is closed, but readable.
 */

#include "ledger/state-dir.h"
#include "ledger/store/desk.h"
#include "ledger/store/store.h"

/*
 * As file_store_new(). Waits a few seconds for the desk; if that is too short, the store is closed
 * at first, and store_prepare() goes on. Owns `desk`, also on error.
 */
int shared_store_new(
	struct state_dir *dir, struct desk *desk, const struct moment *now, struct store **ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The shared store: a file store, each change of which is also given to a desk, before it is on
 * record (ledger/store/desk). While the desk is away, the store is closed, and stays readable.
 */

#include "ledger/state-dir.h"
#include "ledger/store/desk.h"
#include "ledger/store/store.h"

/*
 * As file_store_new(). It does not wait for the desk's server: store_prepare() does. It takes over
 * `desk`, also on error.
 */
int shared_store_new(
	struct state_dir *dir, struct desk *desk, const struct moment *now, struct store **ret);

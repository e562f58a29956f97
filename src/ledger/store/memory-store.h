/* SPDX-License-Identifier: ISC */
#pragma once

/* The memory store: the tokens are forgotten when it is freed. */

#include "ledger/store/store.h"

/* Error: -ENOMEM. */
int memory_store_new(struct store **ret);

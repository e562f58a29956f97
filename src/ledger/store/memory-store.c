/* SPDX-License-Identifier: ISC */

/* The memory store: a table and nothing behind it. */

#include "ledger/store/store-internal.h"

#include <errno.h>
#include <stdlib.h>

static void memory_free(struct store *store)
{
	store_deinit(store);
	free(store);
}

static const struct store_ops memory_ops = {
	.kind = "memory",
	.free = memory_free,
};

int memory_store_new(struct store **ret)
{
	struct store *store;

	store = malloc(sizeof(*store));
	if (!store)
		return -ENOMEM;

	store_init(store, &memory_ops);
	*ret = store;
	return 0;
}

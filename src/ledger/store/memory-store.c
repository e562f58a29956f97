/* SPDX-License-Identifier: ISC */

/* The memory store: a token table, and no record. */

#include "ledger/store/memory-store.h"

#include <errno.h>
#include <stdlib.h>

#include "ledger/store/table-store.h"

static void memory_free(struct store *store)
{
	struct table_store *t = table_store_of(store);

	table_store_deinit(t);
	free(t);
}

static const struct store_ops memory_ops = {
	.kind = "memory",
	.free = memory_free,
	TABLE_STORE_READS,
	.measure = table_store_measure,
	.apply = table_store_apply,
	.finish = table_store_finish,
	.abort = table_store_abort,
};

int memory_store_new(struct store **ret)
{
	struct table_store *t;

	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;

	table_store_init(t, &memory_ops);
	*ret = &t->store;
	return 0;
}

/* SPDX-License-Identifier: ISC */

/* The operations of a store on its token table. */

#include "ledger/store/table-store.h"

#include "gate/token/token-print.h"

struct table_store *table_store_of(struct store *store)
{
	return (struct table_store *)(void *)store;
}

static const struct token_table *table_of(const struct store *store)
{
	return &((const struct table_store *)(const void *)store)->table;
}

void table_store_init(struct table_store *t, const struct store_ops *ops)
{
	store_init(&t->store, ops);
	token_table_init(&t->table);
}

void table_store_deinit(struct table_store *t)
{
	token_table_deinit(&t->table);
	store_deinit(&t->store);
}

const struct token *table_store_find(struct store *store, const uint8_t id[static TOKEN_ID_LEN])
{
	return token_table_find(table_of(store), id);
}

const struct token *table_store_next(const struct store *store, const struct token *after)
{
	return token_table_next(table_of(store), after);
}

const struct token *table_store_next_own(
	const struct store *store, uid_t uid, const struct token *after)
{
	return token_table_next_own(table_of(store), uid, after);
}

const struct token *table_store_next_alike(const struct store *store, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after)
{
	return token_table_next_alike(table_of(store), uid, fingerprint, state, after);
}

struct usage table_store_count(
	const struct store *store, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	return token_table_count(table_of(store), uid, fingerprint);
}

void table_store_update(
	struct store *store, const struct moment *now, store_changed_fn fn, void *userdata)
{
	token_table_prune(&table_store_of(store)->table, now, fn, userdata);
}

uint64_t table_store_due(const struct store *store)
{
	return token_table_due(table_of(store));
}

int table_store_measure(const struct store *store, struct token_change *change)
{
	struct bytes record = BYTES_PRINTED;
	int r;

	(void)store;
	r = token_print_stored(change->issued, &record);
	if (r < 0) {
		bytes_deinit(&record);
		return r;
	}

	bytes_deinit(&change->record);
	change->record = record;
	change->size = record.len + 1;
	return 0;
}

int table_store_apply(struct store *store, struct token_change *change)
{
	int r;

	r = token_table_apply(&table_store_of(store)->table, change);
	return r == TOKEN_TABLE_STALE ? STORE_STALE : r;
}

int table_store_finish(struct store *store)
{
	token_table_settle(&table_store_of(store)->table);
	return 0;
}

void table_store_abort(struct store *store, int result)
{
	token_table_roll_back(&table_store_of(store)->table, result == STORE_STALE);
}

/* SPDX-License-Identifier: ISC */

/* The store's interface: what is the same for every implementation. */

#include "ledger/store/store.h"

#include <stdlib.h>

#include "ledger/store/store-internal.h"

void store_init(struct store *store, const struct store_ops *ops)
{
	*store = (struct store){
		.ops = ops,
		.readable = true,
		.warning = BYTES_INIT(BYTES_UNLIMITED),
		.note = BYTES_INIT(BYTES_UNLIMITED),
		.next_note = BYTES_INIT(BYTES_UNLIMITED),
	};
	token_table_init(&store->table);
}

void store_deinit(struct store *store)
{
	token_table_deinit(&store->table);
	bytes_deinit(&store->warning);
	bytes_deinit(&store->note);
	bytes_deinit(&store->next_note);
	free(store->closed_text);
}

void store_close_for(struct store *store, char *text)
{
	free(store->closed_text);
	store->closed_text = text;
	store->closed = text ? text : "out of memory";
}

void store_open(struct store *store)
{
	free(store->closed_text);
	store->closed_text = NULL;
	store->closed = NULL;
	retry_end(&store->retry);
}

void store_free(struct store *store)
{
	if (store)
		store->ops->free(store);
}

const char *store_kind(const struct store *store)
{
	return store->ops->kind;
}

bool store_is_durable(const struct store *store)
{
	return store->ops->durable;
}

const char *store_closed(const struct store *store)
{
	return store->closed;
}

bool store_is_readable(const struct store *store)
{
	return store->readable;
}

void store_wait(struct store *store)
{
	retry_begin(&store->retry);
}

bool store_is_waiting(const struct store *store)
{
	return store->retry.waiting;
}

void store_prepare(struct store *store, const struct moment *now)
{
	if (store->ops->check)
		store->ops->check(store);
	if (retry_is_due(&store->retry, now->clock.boot) && store->ops->retry(store, now) < 0)
		retry_failed(&store->retry, now->clock.boot);
}

const struct token *store_find(const struct store *store, const uint8_t id[static TOKEN_ID_LEN])
{
	return token_table_find(&store->table, id);
}

const struct token *store_next(const struct store *store, const struct token *after)
{
	return token_table_next(&store->table, after);
}

struct usage store_count(
	const struct store *store, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	return token_table_count(&store->table, uid, fingerprint);
}

int store_apply(struct store *store, struct token_change *change)
{
	const struct token *t = token_table_find(&store->table, change->id);
	int r;

	if ((t ? t->state : TOKEN_ABSENT) != change->from)
		return STORE_STALE;

	/* The record comes first: applying hands the token over. */
	if (store->ops->record) {
		r = store->ops->record(store, change);
		if (r < 0)
			return r;
	}

	r = token_table_apply(&store->table, change);
	if (r != 0 && store->ops->record)
		store->ops->unrecord(store);
	return r;
}

void store_prune(struct store *store, const struct moment *now, store_expired_fn fn, void *userdata)
{
	token_table_prune(&store->table, now, fn, userdata);
}

uint64_t store_due(const struct store *store)
{
	uint64_t due = token_table_due(&store->table), retry = retry_due(&store->retry);

	return retry < due ? retry : due;
}

int store_commit(struct store *store)
{
	int r;

	r = store->ops->commit ? store->ops->commit(store) : 0;
	if (r < 0) {
		token_table_roll_back(&store->table);
	} else {
		token_table_settle(&store->table);
		store_keep_note(store);
	}
	bytes_clear(&store->next_note);
	return r;
}

void store_keep_note(struct store *store)
{
	struct bytes last = store->note;

	if (store->next_note.len == 0)
		return;

	store->note = store->next_note;
	store->next_note = last;
	bytes_clear(&store->next_note);
}

int store_set_note(struct store *store, const char *line)
{
	if (line) {
		bytes_clear(&store->next_note);
		return bytes_append_str(&store->next_note, line);
	}
	bytes_clear(&store->note);
	return 0;
}

const char *store_note(const struct store *store)
{
	return bytes_str(&store->note);
}

int store_finish(struct store *store)
{
	return store->ops->finish ? store->ops->finish(store) : 0;
}

bool store_take_warning(struct store *store, struct bytes *b)
{
	if (store->warning.len == 0)
		return false;

	bytes_deinit(b);
	*b = store->warning;
	bytes_init(&store->warning, BYTES_UNLIMITED);
	return true;
}

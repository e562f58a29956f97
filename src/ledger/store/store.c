/* SPDX-License-Identifier: ISC */

/* The part of the store that is the same for every implementation. */

#include "ledger/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/warnings.h"
#include "ledger/store/store-internal.h"

void store_init(struct store *store, const struct store_ops *ops)
{
	*store = (struct store){
		.ops = ops,
		.readable = true,
		.warning = BYTES_PRINTED,
		.note = BYTES_PRINTED,
		.next_note = BYTES_PRINTED,
	};
}

void store_deinit(struct store *store)
{
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

bool store_is_away(const struct store *store)
{
	return store->closed && store->ops->is_away && store->ops->is_away(store);
}

/* An error of a server's line means little without the server's name. */
const char *store_failure(const struct store *store, int error)
{
	return store->closed && store->ops->is_away ? store->closed : strerror(-error);
}

void store_write(const struct store *store, const struct moment *now, struct writer *w)
{
	if (store->ops->write)
		store->ops->write(store, now, w);
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

void store_look(struct store *store)
{
	if (store->ops->look)
		store->ops->look(store);
}

struct moment store_now(const struct store *store, const struct moment *now)
{
	return store->ops->now ? store->ops->now(store, now) : *now;
}

void store_update(
	struct store *store, const struct moment *now, store_changed_fn fn, void *userdata)
{
	store->ops->update(store, now, fn, userdata);
}

uint64_t store_due(const struct store *store)
{
	uint64_t due = store->ops->due(store), retry = retry_due(&store->retry);

	return retry < due ? retry : due;
}

int store_fd(const struct store *store)
{
	return store->ops->fd ? store->ops->fd(store) : -1;
}

const struct token *store_find(struct store *store, const uint8_t id[static TOKEN_ID_LEN])
{
	return store->ops->find(store, id);
}

const struct token *store_next(const struct store *store, const struct token *after)
{
	return store->ops->next(store, after);
}

const struct token *store_next_own(const struct store *store, uid_t uid, const struct token *after)
{
	return store->ops->next_own(store, uid, after);
}

const struct token *store_next_alike(const struct store *store, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after)
{
	return store->ops->next_alike(store, uid, fingerprint, state, after);
}

struct usage store_count(
	const struct store *store, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	return store->ops->count(store, uid, fingerprint);
}

int store_measure(const struct store *store, struct token_change *change)
{
	return store->ops->measure(store, change);
}

int store_apply(struct store *store, struct token_change *change)
{
	return store->ops->apply(store, change);
}

int store_commit(struct store *store)
{
	int r;

	r = store->ops->prepare ? store->ops->prepare(store) : STORE_DONE;
	if (r == STORE_DONE)
		r = store->ops->finish(store);
	if (r == STORE_DONE)
		store_keep_note(store);
	else
		store->ops->abort(store, r);
	bytes_clear(&store->next_note);
	return r;
}

bool store_lost(const struct store *store, const uint8_t id[static TOKEN_ID_LEN])
{
	return store->ops->lost && store->ops->lost(store, id);
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

int store_put_to_rest(struct store *store)
{
	return store->ops->rest ? store->ops->rest(store) : 0;
}

bool store_take_warning(struct store *store, struct bytes *b)
{
	return warnings_take(&store->warning, b);
}

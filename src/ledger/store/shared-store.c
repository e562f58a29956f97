/* SPDX-License-Identifier: ISC */

/*
 * Tokens are never read from the desk's server: the file is authoritative, so a server with lost or
 * invented data can't revive a token. The order of a commit:
 *
 *	the changes go to the server        if this fails, nothing is on record here
 *	they are appended to the file       if this fails, the server and the file may differ
 *
 * After a failure, the table is set as in the file store: issues and approvals are undone,
 * revocations and consumptions stand. The store opens again after the file was rewritten and all
 * tokens in the table were sent to the server.
 */

#include "ledger/store/shared-store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/warnings.h"
#include "ledger/store/file-store-internal.h"

/* The longest pause between two attempts to reach the desk. */
#define PAUSE_MAX (4 * CLOCK_SECOND)

/* How long a starting daemon waits until the desk has all tokens. */
#define START_TIME (5 * CLOCK_SECOND)

struct shared_store {
	struct file_store file; /* first */
	struct desk *desk;
	struct moment now; /* the time of the last update */
};

static struct shared_store *shared_of(struct store *store)
{
	return (struct shared_store *)(void *)store;
}

static const struct shared_store *const_shared_of(const struct store *store)
{
	return (const struct shared_store *)(const void *)store;
}

static struct store *store_of(struct shared_store *s)
{
	return &s->file.base.store;
}

static void shared_free(struct store *store)
{
	struct shared_store *s = shared_of(store);

	file_store_deinit(&s->file);
	desk_free(s->desk);
	free(s);
}

static void warn(struct shared_store *s, const char *before, const char *text)
{
	struct bytes *w = &store_of(s)->warning;

	warnings_begin(w);
	bytes_append_strs(w, "the store ", desk_address_text(s->desk), before, text);
}

/* Closes the store because its desk is away. */
static void close_for_desk(struct shared_store *s)
{
	cleanup(bytes_deinit) struct bytes reason = BYTES_PRINTED;

	bytes_append_strs(
		&reason, "the store ", desk_address_text(s->desk), ": ", desk_fault(s->desk));
	store_close_for(store_of(s), bytes_steal(&reason));
	store_wait(store_of(s));
}

static int shared_apply(struct store *store, struct token_change *change)
{
	struct desk *desk = shared_of(store)->desk;
	const size_t noted = desk_count(desk);
	int r;

	/* Before the change is applied, since that takes the token out of `change`. */
	r = desk_note(desk, change);
	if (r >= 0)
		r = file_store_apply(store, change);
	if (r != STORE_DONE)
		desk_drop_from(desk, noted);
	return r;
}

static int shared_prepare(struct store *store)
{
	struct shared_store *s = shared_of(store);
	int r;

	r = file_store_prepare(store);
	if (r < 0 || desk_count(s->desk) == 0)
		return r;
	return desk_turn(s->desk, &s->file.base.table, &s->now);
}

/* The file is rewritten in any case, since revocations and consumptions stand. */
static void shared_abort(struct store *store, int result)
{
	struct shared_store *s = shared_of(store);
	const bool desk_failed = !desk_is_open(s->desk);

	desk_leave(s->desk, &s->now);
	file_store_abort(store, result);
	if (desk_failed && !s->file.displaced)
		close_for_desk(s);
}

/* If another process changed the file, the store stays closed, even when the desk is back. */
static void shared_look(struct store *store)
{
	file_store_look(store);
	if (shared_of(store)->file.displaced)
		retry_end(&store->retry);
}

/* Call it if the file is in order: sends tokens to the desk, and opens the store after the last. */
static int join_desk(struct shared_store *s, const struct moment *now)
{
	struct store *store = store_of(s);
	int r;

	r = desk_step(s->desk, &s->file.base.table, now);
	if (r < 0) {
		close_for_desk(s);
		if (store->retry.pause > PAUSE_MAX)
			store->retry.pause = PAUSE_MAX;
		return r;
	}
	if (r == DESK_MORE) {
		close_for_desk(s);
		store->retry.at = 0; /* go on in the next turn, after the waiting requests */
		return 0;
	}

	store_open(store);
	warn(s, "", " is open");
	return 0;
}

static int shared_retry(struct store *store, const struct moment *now)
{
	struct shared_store *s = shared_of(store);
	int r;

	if (s->file.log.fd < 0) {
		r = file_store_retry(store, now);
		if (r < 0 || s->file.log.fd < 0)
			return r;
	}
	return join_desk(s, now);
}

static void shared_update(
	struct store *store, const struct moment *now, store_changed_fn fn, void *userdata)
{
	struct shared_store *s = shared_of(store);
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	s->now = *now;
	if (desk_take_warning(s->desk, &text))
		warn(s, ": ", bytes_str(&text));
	if (!store->closed && desk_check(s->desk, now) < 0)
		close_for_desk(s);
	table_store_update(store, now, fn, userdata);
}

static uint64_t shared_due(const struct store *store)
{
	uint64_t due = table_store_due(store), desk = desk_due(const_shared_of(store)->desk);

	return desk < due ? desk : due;
}

static int shared_fd(const struct store *store)
{
	return desk_fd(const_shared_of(store)->desk);
}

static bool shared_is_away(const struct store *store)
{
	const struct shared_store *s = const_shared_of(store);

	return store->readable && s->file.log.fd >= 0 && !s->file.displaced
		&& !desk_is_open(s->desk);
}

static void shared_write(const struct store *store, const struct moment *now, struct writer *w)
{
	desk_write(const_shared_of(store)->desk, now, w);
}

static const struct store_ops shared_ops = {
	.kind = "shared",
	.durable = true,
	.free = shared_free,
	.check = file_store_check,
	.retry = shared_retry,
	.look = shared_look,
	TABLE_STORE_LOOKUPS,
	.update = shared_update,
	.due = shared_due,
	.fd = shared_fd,
	.measure = table_store_measure,
	.apply = shared_apply,
	.prepare = shared_prepare,
	.finish = file_store_finish,
	.abort = shared_abort,
	.rest = file_store_rest,
	.is_away = shared_is_away,
	.write = shared_write,
};

/*
 * Sends the tokens before the daemon reports that it is ready. After START_TIME, sending goes on in
 * later turns, while requests are refused.
 */
static void join_at_start(struct shared_store *s, const struct moment *now)
{
	struct store *store = store_of(s);
	const uint64_t end = clock_now().boot + START_TIME;
	int r = 0;

	while (r >= 0 && store->closed && clock_now().boot < end)
		r = join_desk(s, now);
	if (r < 0)
		retry_failed(&store->retry, now->clock.boot);
}

int shared_store_new(
	struct state_dir *dir, struct desk *desk, const struct moment *now, struct store **ret)
{
	struct shared_store *s;

	s = malloc(sizeof(*s));
	if (!s) {
		desk_free(desk);
		return -ENOMEM;
	}
	s->desk = desk;
	s->now = *now;
	file_store_init(&s->file, &shared_ops, dir, now);
	if (!s->file.base.store.closed) {
		close_for_desk(s);
		join_at_start(s, now);
	}
	*ret = &s->file.base.store;
	return 0;
}

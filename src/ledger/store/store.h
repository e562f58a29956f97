/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Where the tokens are. One interface over several implementations; nothing above it knows which.
 *
 * A turn of the daemon: store_prune(), then for each request store_find(), store_count() and
 * store_apply(), then once store_commit(). What was applied is visible at once, and durable when
 * the commit has returned 0: only then may an answer that rests on it leave.
 *
 * A commit that fails gives a negative errno. Issues and approvals of the turn are undone then,
 * while revocations and consumptions stand; no answer of that turn may be anything but "no". The
 * store is closed from then on, and store_prepare() tries to make it whole again.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "gate/decide.h"
#include "gate/token/token.h"

struct store;

/* The change's `from` is not (any more) the token's state: nothing happened. */
#define STORE_STALE 1

void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)

/* Such as "file", "memory". */
const char *store_kind(const struct store *store);

/* Whether what is applied outlives the process. */
bool store_is_durable(const struct store *store);

/* Why it is closed; NULL where it is not. Valid until the store is used again. */
const char *store_closed(const struct store *store);

/* Whether find, next and count tell what is on record, also where the store is closed. */
bool store_is_readable(const struct store *store);

/*
 * Before a turn's first request: a store that is closed for something that may pass (it couldn't be
 * written, another process had it) tries again, at once and then at growing intervals.
 */
void store_prepare(struct store *store, const struct moment *now);

/* Whether it is closed for such a thing, and so must not be left alone. */
bool store_is_waiting(const struct store *store);

/* The token belongs to the store and is valid until the next prune or commit. */
const struct token *store_find(const struct store *store, const uint8_t id[static TOKEN_ID_LEN]);

/* Each token in the order of their issue: the one behind `after`, the first for NULL. */
const struct token *store_next(const struct store *store, const struct token *after);

struct usage store_count(
	const struct store *store, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN]);

/*
 * Takes the change over: what it issues is the store's on success. Returns 0, STORE_STALE, or a
 * negative errno (nothing happened then).
 */
int store_apply(struct store *store, struct token_change *change);

typedef void (*store_expired_fn)(const struct token *token, void *userdata);

/*
 * What is over becomes expired, and is handed to `fn` then; what has been over for long is
 * forgotten.
 */
void store_prune(
	struct store *store, const struct moment *now, store_expired_fn fn, void *userdata);

/*
 * When store_prune() or store_prepare() has something to do next, in µs of the boot clock;
 * CLOCK_NEVER for never.
 */
uint64_t store_due(const struct store *store);

int store_commit(struct store *store);

/*
 * A line (without a newline; see ledger/evidence/recovery-note) that the next commit records with
 * what it changes, or where nothing changes by itself; it replaces the last one. NULL: from the
 * next time on that everything is written anew there is none. Error: -ENOMEM.
 */
int store_set_note(struct store *store, const char *line);

/* The last that was recorded; "" where there is none. Valid until the store is used again. */
const char *store_note(const struct store *store);

/* Leaves everything on disk as it should rest. The store is only good for store_free() then. */
int store_finish(struct store *store);

/* Moves a sentence that somebody should read into `b`; false where there is none. */
bool store_take_warning(struct store *store, struct bytes *b);

/* The memory store: forgets all when it is freed. */
int memory_store_new(struct store **ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The interface of a store's implementation: an object that begins with struct store, and the
 * operations on it. An operation does what the function of the same name in store.h does, unless it
 * is described here. Only implementations include this file.
 */

#include "base/retry.h"
#include "ledger/store/store.h"

struct store_ops {
	const char *kind;
	bool durable;
	void (*free)(struct store *store);

	/* Closes the store if its files have failed since the last turn. NULL: they can't. */
	void (*check)(struct store *store);
	/* Tries to open a store that waits; a negative errno: it failed. NULL: never waits. */
	int (*retry)(struct store *store, const struct moment *now);

	void (*look)(struct store *store); /* NULL: there are no files */

	/* Reads. */
	const struct token *(*find)(struct store *store, const uint8_t id[static TOKEN_ID_LEN]);
	const struct token *(*next)(const struct store *store, const struct token *after);
	const struct token *(*next_own)(
		const struct store *store, uid_t uid, const struct token *after);
	const struct token *(*next_alike)(const struct store *store, uid_t uid,
		const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
		const struct token *after);
	struct usage (*count)(const struct store *store, uid_t uid,
		const uint8_t fingerprint[static FINGERPRINT_LEN]);

	/* Time and other writers. NULL for `now` and `fd`: the daemon's clock, no other writers. */
	struct moment (*now)(const struct store *store, const struct moment *now);
	void (*update)(
		struct store *store, const struct moment *now, store_changed_fn fn, void *userdata);
	uint64_t (*due)(const struct store *store);
	int (*fd)(const struct store *store);

	/*
	 * The transaction. A commit is `prepare`, which may refuse it before anything is written,
	 * and `finish`, which puts it on record. If one of them does not return STORE_DONE, `abort`
	 * gets that result, and undoes the changes that must not stand. NULL for `prepare`: never
	 * refused. NULL for `lost`: there are no other writers.
	 */
	int (*measure)(const struct store *store, struct token_change *change);
	int (*apply)(struct store *store, struct token_change *change);
	int (*prepare)(struct store *store);
	int (*finish)(struct store *store);
	void (*abort)(struct store *store, int result);
	bool (*lost)(const struct store *store, const uint8_t id[static TOKEN_ID_LEN]);

	int (*rest)(struct store *store); /* store_put_to_rest(); NULL: nothing to do */

	/* NULL if the store has no server. Called only while the store is closed. */
	bool (*is_away)(const struct store *store);
	void (*write)(const struct store *store, const struct moment *now, struct writer *w);
};

struct store {
	const struct store_ops *ops;
	const char *closed; /* NULL: open */
	char *closed_text;  /* `closed` points to it; NULL if out of memory */
	bool readable;      /* reads give what is on record */
	struct retry retry; /* of a store that is closed for a reason that may pass */
	struct bytes warning;
	struct bytes note;      /* on record; see store_set_note() */
	struct bytes next_note; /* for the next commit */
};

void store_init(struct store *store, const struct store_ops *ops);
void store_deinit(struct store *store);

/*
 * Closes the store for the reason `text`, and takes over `text`. NULL (out of memory) closes it
 * too.
 */
void store_close_for(struct store *store, char *text);
void store_open(struct store *store);

/* The closed store waits: store_prepare() tries again, the first time at once. */
void store_wait(struct store *store);

/* The next note is on record now. */
void store_keep_note(struct store *store);

/* SPDX-License-Identifier: ISC */
#pragma once

/* What an implementation of the store fills in. Only files of the ledger include this. */

#include "base/retry.h"
#include "ledger/store/store.h"
#include "ledger/store/token-table.h"

struct store_ops {
	const char *kind;
	bool durable;
	void (*free)(struct store *store);

	/* The following may be NULL, for a store that has nothing to do there. */
	void (*check)(struct store *store); /* closes it if it can't be relied on any more */
	int (*retry)(struct store *store, const struct moment *now); /* what it waits for */
	int (*record)(struct store *store, const struct token_change *change); /* to be applied */
	void (*unrecord)(struct store *store); /* the last of these could not be applied */
	int (*commit)(struct store *store);
	int (*finish)(struct store *store);
};

/* Embedded as the first member of an implementation. */
struct store {
	const struct store_ops *ops;
	struct token_table table;
	const char *closed; /* NULL: open */
	char *closed_text;  /* what `closed` points to, but for want of memory */
	bool readable;      /* the table is what is on record */
	struct bytes warning;
	struct bytes note;      /* on record; see store_set_note() */
	struct bytes next_note; /* for the next commit */

	struct retry retry; /* of a store that is closed for something that may pass */
};

void store_init(struct store *store, const struct store_ops *ops);
void store_deinit(struct store *store);

/* Takes the text over; NULL (out of memory) closes as well. */
void store_close_for(struct store *store, char *text);
void store_open(struct store *store);

/* It is closed for something that may pass: store_prepare() retries, the first time at once. */
void store_wait(struct store *store);

/* What was for the next commit is on record. */
void store_keep_note(struct store *store);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The common part of the stores that hold all of their tokens in this process: a token table, and
 * the operations of struct store_ops on it. Embedded as the first member of an implementation.
 */

#include "ledger/store/store-internal.h"
#include "ledger/store/token-table.h"

struct table_store {
	struct store store; /* first */
	struct token_table table;
};

struct table_store *table_store_of(struct store *store);

void table_store_init(struct table_store *t, const struct store_ops *ops);
void table_store_deinit(struct table_store *t);

const struct token *table_store_find(struct store *store, const uint8_t id[static TOKEN_ID_LEN]);
const struct token *table_store_next(const struct store *store, const struct token *after);
const struct token *table_store_next_own(
	const struct store *store, uid_t uid, const struct token *after);
const struct token *table_store_next_alike(const struct store *store, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after);
struct usage table_store_count(
	const struct store *store, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN]);
void table_store_update(
	struct store *store, const struct moment *now, store_changed_fn fn, void *userdata);
uint64_t table_store_due(const struct store *store);

/* The read operations, for an implementation's struct store_ops. */
#define TABLE_STORE_LOOKUPS                                                                   \
	.find = table_store_find, .next = table_store_next, .next_own = table_store_next_own, \
	.next_alike = table_store_next_alike, .count = table_store_count

/* The same, for a store that has no other writers. */
#define TABLE_STORE_READS TABLE_STORE_LOOKUPS, .update = table_store_update, .due = table_store_due

/* The size is the length of the token's line: limits mean the same in each kind of store. */
int table_store_measure(const struct store *store, struct token_change *change);
int table_store_apply(struct store *store, struct token_change *change);
int table_store_finish(struct store *store);
void table_store_abort(struct store *store, int result);

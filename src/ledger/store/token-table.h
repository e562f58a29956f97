/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The tokens in memory: found by ID, in order of issue, and by the time at which they are due next.
 * It counts the tokens of each uid. Every store has one.
 *
 * The table remembers the changes since the last token_table_settle(), so that
 * token_table_roll_back() can undo those that must not stand unless they are recorded.
 */

#include <sys/queue.h>

#include "base/heap.h"
#include "base/map.h"
#include "gate/token/token.h"
#include "gate/usage.h"
#include "ledger/store/token-accounts.h"

struct entry;

struct token_table {
	struct map by_id; /* of struct entry */
	struct heap due;  /* of struct entry */
	struct token_accounts accounts;
	TAILQ_HEAD(entry_list, entry) order;
	uint64_t bytes; /* that all tokens take on record */

	struct applied *applied; /* changes since the last settling */
	size_t n_applied, size_applied;
};

void token_table_init(struct token_table *t);
void token_table_deinit(struct token_table *t);

const struct token *token_table_find(
	const struct token_table *t, const uint8_t id[static TOKEN_ID_LEN]);
const struct token *token_table_next(const struct token_table *t, const struct token *after);

/* As store_next_own() and store_next_alike(). */
const struct token *token_table_next_own(
	const struct token_table *t, uid_t uid, const struct token *after);
const struct token *token_table_next_alike(const struct token_table *t, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after);
struct usage token_table_count(
	const struct token_table *t, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN]);
size_t token_table_size(const struct token_table *t);

enum token_table_result {
	TOKEN_TABLE_DONE,
	TOKEN_TABLE_STALE, /* the token is not in the state `from` */
};

/*
 * Applies a change; the table then owns an issued token. Returns 0; or TOKEN_TABLE_STALE or
 * -ENOMEM, and nothing happened.
 */
int token_table_apply(struct token_table *t, struct token_change *change);

/* As store_update(): `changed` is called for each token that expires. */
void token_table_prune(struct token_table *t, const struct moment *now,
	void (*changed)(const struct token *token, const uid_t *by, void *userdata),
	void *userdata);

/*
 * Call it after loading. Tokens whose times have no meaning in this boot get new times and are
 * expired (see token_settle_time()), and so are those whose asker is gone (token_settle_asker()).
 * Returns whether there were any.
 */
bool token_table_settle_times(struct token_table *t, const struct moment *now);
uint64_t token_table_due(const struct token_table *t);

/* Forgets the changes so far: they stand. */
void token_table_settle(struct token_table *t);

/*
 * Undoes issues and approvals since the last settling. Revocations and consumptions stand; with
 * `all` they are undone too, since it is known that nothing was recorded.
 */
void token_table_roll_back(struct token_table *t, bool all);

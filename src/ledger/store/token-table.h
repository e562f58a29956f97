/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The tokens in memory, found by ID, by order of issue and by what is due next, with what each uid
 * has on record counted. Every store has one.
 *
 * It remembers what was applied since the last token_table_settle(), so that
 * token_table_roll_back() can undo what must not stand without having been recorded.
 */

#include <sys/queue.h>

#include "base/heap.h"
#include "base/map.h"
#include "gate/token/token.h"
#include "gate/usage.h"

struct entry;

struct token_table {
	struct map by_id;    /* of struct entry */
	struct map accounts; /* of struct account, by uid */
	struct map alikes;   /* of struct alike, by uid and fingerprint */
	struct heap due;     /* of struct entry */
	TAILQ_HEAD(entry_list, entry) order;
	uint64_t bytes; /* that all of them take on record */

	struct applied *applied; /* since the last settling */
	size_t n_applied, size_applied;
};

void token_table_init(struct token_table *t);
void token_table_deinit(struct token_table *t);

const struct token *token_table_find(
	const struct token_table *t, const uint8_t id[static TOKEN_ID_LEN]);
const struct token *token_table_next(const struct token_table *t, const struct token *after);

/* As store_next_live(). */
const struct token *token_table_next_live(const struct token_table *t, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], const struct token *after);
struct usage token_table_count(
	const struct token_table *t, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN]);
size_t token_table_size(const struct token_table *t);

enum token_table_result {
	TOKEN_TABLE_DONE,
	TOKEN_TABLE_STALE, /* the token is not in the state that the change comes from */
};

/*
 * Carries a change out; an issue's token is the table's then. Returns 0, TOKEN_TABLE_STALE,
 * -ENOMEM; nothing happened in the last two.
 */
int token_table_apply(struct token_table *t, struct token_change *change);

/* As store_update(): `changed` is called for each token that expires. */
void token_table_prune(struct token_table *t, const struct moment *now,
	void (*changed)(const struct token *token, const uid_t *by, void *userdata),
	void *userdata);

/*
 * After loading: tokens whose times mean nothing now are dated anew and expired (see
 * token_settle_time()). True where there were any.
 */
bool token_table_settle_times(struct token_table *t, const struct moment *now);
uint64_t token_table_due(const struct token_table *t);

/* What was applied so far stands. */
void token_table_settle(struct token_table *t);

/*
 * Undoes issues and approvals since the last settling. Revocations and consumptions stand, unless
 * `all`: it is known that nothing was recorded.
 */
void token_table_roll_back(struct token_table *t, bool all);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The tokens in memory, found by ID, by order of issue and by what is due next, with what each uid
 * has on record counted. Every store has one.
 *
 * It remembers what was applied since the last table_settle(), so that table_roll_back() can undo
 * what must not stand without having been recorded.
 */

#include <sys/queue.h>

#include "base/heap.h"
#include "base/map.h"
#include "gate/decide.h"
#include "gate/token/token.h"

struct entry;

struct table {
	struct map by_id;    /* of struct entry */
	struct map accounts; /* of struct account, by uid */
	struct map alikes;   /* of struct alike, by uid and fingerprint */
	struct heap due;     /* of struct entry */
	TAILQ_HEAD(entry_list, entry) order;
	uint64_t bytes; /* that all of them take on record */

	struct applied *applied; /* since the last settling */
	size_t n_applied, size_applied;
};

void table_init(struct table *t);
void table_deinit(struct table *t);

const struct token *table_find(const struct table *t, const uint8_t id[static TOKEN_ID_LEN]);
const struct token *table_next(const struct table *t, const struct token *after);
struct usage table_count(
	const struct table *t, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN]);
size_t table_size(const struct table *t);

/* The change doesn't fit the token's state. */
#define TABLE_STALE 1

/*
 * Carries a change out; an issue's token is the table's then. Returns 0, TABLE_STALE, -ENOMEM;
 * nothing happened in the last two.
 */
int table_apply(struct table *t, struct token_change *change);

/* As store_prune(). */
void table_prune(struct table *t, const struct moment *now,
	void (*expired)(const struct token *token, void *userdata), void *userdata);

/*
 * After loading: tokens whose times mean nothing now are dated anew and expired (see
 * token_settle_time()). True where there were any.
 */
bool table_settle_times(struct table *t, const struct moment *now);
uint64_t table_due(const struct table *t);

/* What was applied so far stands. */
void table_settle(struct table *t);

/* Issues and approvals since the last settling are undone; revocations and consumptions stand. */
void table_roll_back(struct table *t);

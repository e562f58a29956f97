/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The tokens of a table in groups, which are counted: by uid, and by uid and fingerprint. Embedded:
 * token_accounts_init(), and token_accounts_deinit() after all tokens have left.
 */

#include <sys/queue.h>

#include "base/map.h"
#include "gate/token/token.h"
#include "gate/usage.h"

struct alike;

/* A token in its groups. Embedded in an entry of the table, which sets the first two members. */
struct counted {
	struct token *token;
	uint64_t bytes; /* on record */
	struct alike *alike;
	TAILQ_ENTRY(counted) of_account;
	LIST_ENTRY(counted) among_alike;
};

struct token_accounts {
	struct map accounts; /* of struct account, by uid */
	struct map alikes;   /* of struct alike, by uid and fingerprint */
};

void token_accounts_init(struct token_accounts *a);
void token_accounts_deinit(struct token_accounts *a);

/* After joining, call counted_set_state(). Error: -ENOMEM, and nothing is joined. */
int token_accounts_join(struct token_accounts *a, struct counted *c);

/* Before leaving, set the state to TOKEN_ABSENT. */
void token_accounts_leave(struct token_accounts *a, struct counted *c);

/* The one place that sets a token's state. */
void counted_set_state(struct counted *c, enum token_state state);

/* As store_next_own() and store_next_alike(). */
const struct counted *token_accounts_next_own(
	const struct token_accounts *a, uid_t uid, const struct counted *after);
const struct counted *token_accounts_next_alike(const struct token_accounts *a, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct counted *after);

/* The usage of this uid; `bytes` of all uids is left 0. */
struct usage token_accounts_count(const struct token_accounts *a, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN]);

/* SPDX-License-Identifier: ISC */

/*
 * Each token is in one account and one alike; the last one to leave frees them. Invariant: a
 * recount would give the same counters.
 */

#include "ledger/store/token-accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The tokens that one uid has on record. */
struct account {
	uid_t uid;
	size_t pending;
	TAILQ_HEAD(, counted) tokens; /* in the order of their issue */
	uint64_t bytes;
};

/* One uid and one fingerprint. */
struct alike_key {
	uint8_t fingerprint[FINGERPRINT_LEN];
	uint32_t uid;
};

/* The tokens that are found by their uid and fingerprint: pending, and approved or revoked ones. */
enum { ALIKE_PENDING, ALIKE_DECIDED, ALIKE_LISTS };

struct alike {
	struct alike_key key;
	uint32_t tokens, pending;
	LIST_HEAD(alike_list, counted) lists[ALIKE_LISTS]; /* each with the latest first */
	struct account *account;
};

static struct alike_key alike_key(uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	struct alike_key key = { .uid = uid };

	_Static_assert(sizeof(key) == FINGERPRINT_LEN + sizeof(uint32_t), "no padding to hash");
	memcpy(key.fingerprint, fingerprint, sizeof(key.fingerprint));
	return key;
}

void token_accounts_init(struct token_accounts *a)
{
	map_init(&a->accounts, sizeof(uid_t));
	map_init(&a->alikes, sizeof(struct alike_key));
}

void token_accounts_deinit(struct token_accounts *a)
{
	map_deinit(&a->accounts);
	map_deinit(&a->alikes);
}

static void leave_alike(struct token_accounts *a, struct counted *c)
{
	if (--c->alike->tokens == 0) {
		map_remove(&a->alikes, &c->alike->key);
		free(c->alike);
	}
	c->alike = NULL;
}

void token_accounts_leave(struct token_accounts *a, struct counted *c)
{
	struct account *account = c->alike->account;

	account->bytes -= c->bytes;
	TAILQ_REMOVE(&account->tokens, c, of_account);
	if (TAILQ_EMPTY(&account->tokens)) {
		map_remove(&a->accounts, &account->uid);
		free(account);
	}
	leave_alike(a, c);
}

static int join_account(struct token_accounts *a, struct counted *c)
{
	struct account *account;

	account = map_get(&a->accounts, &c->token->uid);
	if (!account) {
		account = calloc(1, sizeof(*account));
		if (!account)
			return -ENOMEM;

		account->uid = c->token->uid;
		TAILQ_INIT(&account->tokens);
		if (map_put(&a->accounts, &account->uid, account) < 0) {
			free(account);
			return -ENOMEM;
		}
	}

	TAILQ_INSERT_TAIL(&account->tokens, c, of_account);
	account->bytes += c->bytes;
	c->alike->account = account;
	return 0;
}

static int join_alike(struct token_accounts *a, struct counted *c)
{
	struct alike_key key = alike_key(c->token->uid, c->token->fingerprint);
	struct alike *alike;

	alike = map_get(&a->alikes, &key);
	if (!alike) {
		alike = calloc(1, sizeof(*alike));
		if (!alike)
			return -ENOMEM;

		alike->key = key;
		for (size_t i = 0; i < ALIKE_LISTS; i++)
			LIST_INIT(&alike->lists[i]);
		if (map_put(&a->alikes, &alike->key, alike) < 0) {
			free(alike);
			return -ENOMEM;
		}
	}

	alike->tokens++;
	c->alike = alike;
	return 0;
}

int token_accounts_join(struct token_accounts *a, struct counted *c)
{
	int r;

	r = join_alike(a, c);
	if (r < 0)
		return r;

	r = join_account(a, c);
	if (r < 0)
		leave_alike(a, c);
	return r;
}

/* NULL: tokens in this state are in no list. */
static struct alike_list *list_of(struct alike *alike, enum token_state state)
{
	switch (state) {
	case TOKEN_PENDING:
		return &alike->lists[ALIKE_PENDING];
	case TOKEN_APPROVED:
	case TOKEN_REVOKED:
		return &alike->lists[ALIKE_DECIDED];
	default:
		return NULL;
	}
}

void counted_set_state(struct counted *c, enum token_state state)
{
	struct alike *alike = c->alike;
	struct account *account = alike->account;
	struct alike_list *from = list_of(alike, c->token->state), *to = list_of(alike, state);

	if (c->token->state == state)
		return;
	if (c->token->state == TOKEN_PENDING) {
		account->pending--;
		alike->pending--;
	}
	if (from)
		LIST_REMOVE(c, among_alike);
	c->token->state = state;
	if (to)
		LIST_INSERT_HEAD(to, c, among_alike);
	if (state == TOKEN_PENDING) {
		account->pending++;
		alike->pending++;
	}
}

const struct counted *token_accounts_next_own(
	const struct token_accounts *a, uid_t uid, const struct counted *after)
{
	const struct account *account = after ? NULL : map_get(&a->accounts, &uid);

	if (after)
		return TAILQ_NEXT(after, of_account);
	return account ? TAILQ_FIRST(&account->tokens) : NULL;
}

/* The first token of the list for this state; or NULL. */
static const struct counted *first_alike(const struct token_accounts *a, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state)
{
	const struct alike_key key = alike_key(uid, fingerprint);
	struct alike *alike = map_get(&a->alikes, &key);
	const struct alike_list *list = alike ? list_of(alike, state) : NULL;

	return list ? LIST_FIRST(list) : NULL;
}

const struct counted *token_accounts_next_alike(const struct token_accounts *a, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct counted *after)
{
	const struct counted *c;

	c = after ? LIST_NEXT(after, among_alike) : first_alike(a, uid, fingerprint, state);
	while (c && c->token->state != state)
		c = LIST_NEXT(c, among_alike);
	return c;
}

struct usage token_accounts_count(const struct token_accounts *a, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	const struct alike_key key = alike_key(uid, fingerprint);
	const struct account *account = map_get(&a->accounts, &uid);
	const struct alike *alike = map_get(&a->alikes, &key);

	return (struct usage){
		.pending_alike = alike ? alike->pending : 0,
		.pending_of_uid = account ? account->pending : 0,
		.bytes_of_uid = account ? account->bytes : 0,
	};
}

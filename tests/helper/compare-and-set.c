/* SPDX-License-Identifier: ISC */

/*
 * `unit compare-and-set [STATE-DIR]`: a change is applied only if its token is in the state that
 * the change names. Tries every change on a token in every state: in the same turn as the change
 * that led to that state, and in the turn after it. Uses the file store, or the memory store if
 * there is no STATE-DIR. Says which change was wrongly applied or refused.
 */

#include "helper/unit.h"

#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "gate/token/fingerprint.h"
#include "ledger/state-dir.h"
#include "ledger/store/file-store.h"
#include "ledger/store/memory-store.h"

/* The steps that lead to a state. */
static const struct path {
	enum token_state steps[3];
	size_t n;
} paths[] = {
	{ { TOKEN_PENDING }, 1 },
	{ { TOKEN_PENDING, TOKEN_APPROVED }, 2 },
	{ { TOKEN_PENDING, TOKEN_APPROVED, TOKEN_CONSUMED }, 3 },
	{ { TOKEN_PENDING, TOKEN_REVOKED }, 2 },
};

static void make_id(unsigned number, uint8_t ret[static TOKEN_ID_LEN])
{
	memset(ret, 0, TOKEN_ID_LEN);
	memcpy(ret, &number, sizeof(number));
	ret[6] = 0x40;
	ret[8] = 0x80;
}

static struct token *make_token(const uint8_t id[static TOKEN_ID_LEN], const struct moment *now)
{
	struct token t = {
		.state = TOKEN_PENDING,
		.asked.executable = "/bin/ls",
		.asked.session_id = "session",
		.asked.sandbox_id = "sandbox",
		.asked.profile = "generic",
		.rule = "rule",
		.uid = getuid(),
		.issued = now->clock.boot,
		.expires = now->clock.boot + 300 * CLOCK_SECOND,
		.latest = now->clock.boot + 300 * CLOCK_SECOND,
		.issued_wall = now->clock.wall,
	};
	struct token *token;

	memcpy(t.id, id, sizeof(t.id));
	memcpy(t.boot_id, now->boot_id, sizeof(t.boot_id));
	fingerprint_compute(&t.asked, t.fingerprint);
	token = token_new(&t);
	if (!token)
		errx(UNIT_FAILED, "out of memory");
	return token;
}

static int apply(struct store *store, unsigned number, enum token_state from, enum token_state to,
	const struct moment *now)
{
	struct token_change change = { .from = from, .to = to };
	int r;

	make_id(number, change.id);
	if (from == TOKEN_ABSENT) {
		change.issued = make_token(change.id, now);
		unit_must(store_measure(store, &change));
	}
	r = store_apply(store, &change);
	unit_must(r);
	token_change_deinit(&change);
	return r;
}

static enum token_state state_of(struct store *store, unsigned number)
{
	uint8_t id[TOKEN_ID_LEN];
	const struct token *t;

	make_id(number, id);
	t = store_find(store, id);
	return t ? t->state : TOKEN_ABSENT;
}

static void commit(struct store *store)
{
	if (store_commit(store) != STORE_DONE)
		errx(UNIT_FAILED, "the commit failed");
}

/* Leads a new token to the path's end, then tries a change that names another state. */
static void try(struct store *store, unsigned number, const struct path *path,
	enum token_state from, bool same_turn, const struct moment *now)
{
	const enum token_state is = path->steps[path->n - 1];
	enum token_state at = TOKEN_ABSENT;

	for (size_t i = 0; i < path->n; at = path->steps[i++])
		if (apply(store, number, at, path->steps[i], now) != STORE_DONE)
			errx(UNIT_FAILED, "a good change was refused");
	if (!same_turn)
		commit(store);
	if (apply(store, number, from, from == TOKEN_ABSENT ? TOKEN_PENDING : TOKEN_CONSUMED, now)
		!= STORE_STALE)
		errx(UNIT_FAILED, "%s: a change from %s was applied", token_state_name(is),
			token_state_name(from));
	if (same_turn)
		commit(store);
	if (state_of(store, number) != is)
		errx(UNIT_FAILED, "%s: is %s", token_state_name(is),
			token_state_name(state_of(store, number)));
}

int unit_compare_and_set(int argc, char **argv)
{
	static const enum token_state states[] = { TOKEN_ABSENT, TOKEN_PENDING, TOKEN_APPROVED,
		TOKEN_CONSUMED, TOKEN_REVOKED };
	const size_t n_states = LENGTH(states);
	cleanup(state_dir_free_p) struct state_dir *dir = NULL;
	cleanup(store_free_p) struct store *store = NULL;
	const struct moment now = unit_now();
	unsigned number = 0;

	if (argc > 2)
		return unit_usage("compare-and-set [STATE-DIR]");

	if (argc == 2) {
		unit_must(state_dir_new(argv[1], getuid(), &dir));
		unit_must(file_store_new(dir, &now, &store));
	} else {
		unit_must(memory_store_new(&store));
	}
	if (store_closed(store))
		errx(UNIT_FAILED, "%s", store_closed(store));
	for (size_t p = 0; p < LENGTH(paths); p++)
		for (size_t s = 0; s < n_states; s++)
			for (int same_turn = 0; same_turn < 2; same_turn++)
				if (states[s] != paths[p].steps[paths[p].n - 1])
					try(store, ++number, &paths[p], states[s], same_turn, &now);
	if (apply(store, ++number, TOKEN_PENDING, TOKEN_APPROVED, &now) != STORE_STALE)
		errx(UNIT_FAILED, "an unknown token was changed");
	printf("%u tokens\n", number - 1);
	return UNIT_OK;
}

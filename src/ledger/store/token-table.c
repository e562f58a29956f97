/* SPDX-License-Identifier: ISC */

/*
 * The tokens in memory. An entry owns its token. Invariant: every entry is in by_id, in order, in
 * due and in accounts.
 */

#include "ledger/store/token-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct entry {
	struct heap_node due; /* first: an entry is found from it */
	TAILQ_ENTRY(entry) order;
	struct counted counted;
};

struct applied {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state from, to;
	size_t approvals; /* the token's number of approvals before */
	bool joined;      /* as it was before */
	uint64_t expires; /* as it was before */
};

static struct entry *entry_of(struct heap_node *node)
{
	return (struct entry *)(void *)node;
}

void token_table_init(struct token_table *t)
{
	*t = (struct token_table){ 0 };
	map_init(&t->by_id, TOKEN_ID_LEN);
	token_accounts_init(&t->accounts);
	heap_init(&t->due);
	TAILQ_INIT(&t->order);
}

static void remove_entry(struct token_table *t, struct entry *e)
{
	counted_set_state(&e->counted, TOKEN_ABSENT);
	map_remove(&t->by_id, e->counted.token->id);
	heap_remove(&t->due, &e->due);
	TAILQ_REMOVE(&t->order, e, order);
	t->bytes -= e->counted.bytes;
	token_accounts_leave(&t->accounts, &e->counted);
	token_free(e->counted.token);
	free(e);
}

void token_table_deinit(struct token_table *t)
{
	while (!TAILQ_EMPTY(&t->order))
		remove_entry(t, TAILQ_FIRST(&t->order));

	map_deinit(&t->by_id);
	token_accounts_deinit(&t->accounts);
	heap_deinit(&t->due);
	free(t->applied);
}

/* NULL for NULL. */
static const struct counted *find_counted(const struct token_table *t, const struct token *token)
{
	const struct entry *e = token ? map_get(&t->by_id, token->id) : NULL;

	return e ? &e->counted : NULL;
}

static const struct token *token_of(const struct counted *c)
{
	return c ? c->token : NULL;
}

const struct token *token_table_find(
	const struct token_table *t, const uint8_t id[static TOKEN_ID_LEN])
{
	const struct entry *e = map_get(&t->by_id, id);

	return e ? e->counted.token : NULL;
}

const struct token *token_table_next(const struct token_table *t, const struct token *after)
{
	const struct entry *e;

	if (after) {
		e = map_get(&t->by_id, after->id);
		e = TAILQ_NEXT(e, order);
	} else {
		e = TAILQ_FIRST(&t->order);
	}
	return e ? e->counted.token : NULL;
}

const struct token *token_table_next_own(
	const struct token_table *t, uid_t uid, const struct token *after)
{
	return token_of(token_accounts_next_own(&t->accounts, uid, find_counted(t, after)));
}

const struct token *token_table_next_alike(const struct token_table *t, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after)
{
	return token_of(token_accounts_next_alike(
		&t->accounts, uid, fingerprint, state, find_counted(t, after)));
}

struct usage token_table_count(
	const struct token_table *t, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	struct usage usage = token_accounts_count(&t->accounts, uid, fingerprint);

	usage.bytes = t->bytes;
	return usage;
}

size_t token_table_size(const struct token_table *t)
{
	return map_size(&t->by_id);
}

/* Takes all steps that can fail, in an order in which each failure can be undone. */
static int insert(struct token_table *t, struct entry *e)
{
	int r;

	r = token_accounts_join(&t->accounts, &e->counted);
	if (r < 0)
		return r;

	r = heap_push(&t->due, &e->due, e->counted.token->expires);
	if (r >= 0 && map_put(&t->by_id, e->counted.token->id, e) < 0) {
		heap_remove(&t->due, &e->due);
		r = -ENOMEM;
	}
	if (r < 0)
		token_accounts_leave(&t->accounts, &e->counted);
	return r;
}

static int issue(struct token_table *t, struct token_change *change)
{
	struct entry *e;
	int r;

	if (map_get(&t->by_id, change->id))
		return TOKEN_TABLE_STALE;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;

	e->counted.token = change->issued;
	e->counted.bytes = change->size;
	r = insert(t, e);
	if (r < 0) {
		free(e);
		return r;
	}

	change->issued = NULL;
	e->counted.token->state = TOKEN_ABSENT;
	counted_set_state(&e->counted, change->to);
	TAILQ_INSERT_TAIL(&t->order, e, order);
	t->bytes += e->counted.bytes;
	return 0;
}

static void set_end(struct token_table *t, struct entry *e, uint64_t expires)
{
	e->counted.token->expires = expires;
	heap_move(&t->due, &e->due, expires);
}

static int move(struct token_table *t, const struct token_change *change)
{
	struct entry *e = map_get(&t->by_id, change->id);
	struct token *token = e ? e->counted.token : NULL;
	int r;

	if (!e || token->state != change->from)
		return TOKEN_TABLE_STALE;

	r = token_set_reason(token, change->reason);
	if (r < 0)
		return r;

	if (change->approvals.n > 0) {
		r = token_set_approvals(token, &change->approvals);
		if (r < 0)
			return r;
	}
	if (change->to == TOKEN_APPROVED || token_change_is_partial(change)) {
		token->standing = change->standing;
		token->approval = change->approval; /* none, while more are needed */
	}
	if (change->to == TOKEN_CONSUMED)
		token->evidence = change->evidence;
	token->joined |= change->joined;
	if (change->expires > 0)
		set_end(t, e, change->expires);
	counted_set_state(&e->counted, change->to);
	return 0;
}

/*
 * Restores the token as it was before the change. A token that can still change has no reason. Only
 * an approved token has an approval. `always` is set in an approved token, and in a pending one if
 * an earlier one of several approvers has set it.
 */
static void undo(struct token_table *t, struct entry *e, const struct applied *a)
{
	struct token *token = e->counted.token;

	if (token->expires != a->expires)
		set_end(t, e, a->expires);
	token_set_reason(token, NULL);
	token_cut_approvals(token, a->approvals);
	token->evidence = 0;
	token->joined = a->joined;
	if (a->from == TOKEN_PENDING)
		token->approval = (struct approval){ 0 };
	if (a->from == TOKEN_PENDING && a->approvals == 0)
		token->standing = (struct standing){ 0 };
	counted_set_state(&e->counted, a->from);
}

int token_table_apply(struct token_table *t, struct token_change *change)
{
	const struct token *before = token_table_find(t, change->id);
	size_t approvals = before ? approvals_count(&before->approvals) : 0;
	bool joined = before && before->joined;
	uint64_t expires = before ? before->expires : 0;
	struct applied *applied;
	int r;

	r = ARRAY_RESERVE(&t->applied, t->n_applied, &t->size_applied);
	if (r < 0)
		return r;

	r = change->from == TOKEN_ABSENT ? issue(t, change) : move(t, change);
	if (r != 0)
		return r;

	applied = &t->applied[t->n_applied++];
	*applied = (struct applied){ .from = change->from,
		.to = change->to,
		.approvals = approvals,
		.joined = joined,
		.expires = expires };
	memcpy(applied->id, change->id, sizeof(applied->id));
	return 0;
}

/* Whether the token's state has changed. */
static bool expire(struct entry *e)
{
	enum token_state to = token_step(e->counted.token->state, TOKEN_EXPIRE)->to;

	if (to == TOKEN_ABSENT)
		return false;

	counted_set_state(&e->counted, to);
	return true;
}

/* An entry is due twice: when the token expires, and when the token may be forgotten. */
static void prune_entry(struct token_table *t, struct entry *e,
	void (*changed)(const struct token *token, const uid_t *by, void *userdata), void *userdata)
{
	uint64_t end = e->counted.token->expires + TOKEN_RETENTION;

	if (expire(e))
		changed(e->counted.token, NULL, userdata);
	if (e->due.due < end)
		heap_move(&t->due, &e->due, end);
	else
		remove_entry(t, e);
}

bool token_table_settle_times(struct token_table *t, const struct moment *now)
{
	bool any = false;
	struct entry *e;

	TAILQ_FOREACH (e, &t->order, order) {
		if (!token_settle_time(e->counted.token, now)
			&& !token_settle_asker(e->counted.token, now))
			continue;

		any = true;
		expire(e);
		heap_move(&t->due, &e->due, e->counted.token->expires + TOKEN_RETENTION);
	}
	return any;
}

void token_table_prune(struct token_table *t, const struct moment *now,
	void (*changed)(const struct token *token, const uid_t *by, void *userdata), void *userdata)
{
	struct heap_node *node;

	while ((node = heap_first(&t->due)) && node->due <= now->clock.boot)
		prune_entry(t, entry_of(node), changed, userdata);
}

uint64_t token_table_due(const struct token_table *t)
{
	const struct heap_node *node = heap_first(&t->due);

	return node ? node->due : CLOCK_NEVER;
}

void token_table_settle(struct token_table *t)
{
	t->n_applied = 0;
}

void token_table_roll_back(struct token_table *t, bool all)
{
	const struct applied *a;
	struct entry *e;

	while (t->n_applied > 0) {
		a = &t->applied[--t->n_applied];
		e = map_get(&t->by_id, a->id);
		if (!e)
			continue;

		if (a->from == TOKEN_ABSENT)
			remove_entry(t, e);
		else if (all
			|| (a->to == e->counted.token->state
				&& (a->to == TOKEN_APPROVED || a->to == TOKEN_PENDING)))
			undo(t, e, a);
	}
}

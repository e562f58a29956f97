/* SPDX-License-Identifier: ISC */

/*
 * The tokens in memory. An entry owns its token, and is counted in one account and one alike; the
 * last entry to leave frees them. Invariant: every entry is in by_id, in order and in due, and a
 * recount would give the same counters.
 */

#include "ledger/store/token-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The tokens that one uid has on record. */
struct account {
	uid_t uid;
	size_t pending;
	TAILQ_HEAD(, entry) entries; /* in the order of their issue */
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
	uint32_t entries, pending;
	LIST_HEAD(alike_list, entry) lists[ALIKE_LISTS]; /* each with the latest first */
	struct account *account;
};

struct entry {
	struct heap_node due; /* first: an entry is found from it */
	TAILQ_ENTRY(entry) order, of_account;
	LIST_ENTRY(entry) among_alike;
	struct token *token;
	uint64_t bytes;
	struct alike *alike; /* with the account */
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

static struct alike_key alike_key(uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	struct alike_key key = { .uid = uid };

	_Static_assert(sizeof(key) == FINGERPRINT_LEN + sizeof(uint32_t), "no padding to hash");
	memcpy(key.fingerprint, fingerprint, sizeof(key.fingerprint));
	return key;
}

void token_table_init(struct token_table *t)
{
	*t = (struct token_table){ 0 };
	map_init(&t->by_id, TOKEN_ID_LEN);
	map_init(&t->accounts, sizeof(uid_t));
	map_init(&t->alikes, sizeof(struct alike_key));
	heap_init(&t->due);
	TAILQ_INIT(&t->order);
}

/* Leaves the counters that the entry has joined; the caller has updated `pending`. */
static void leave_alike(struct token_table *t, struct entry *e)
{
	if (--e->alike->entries == 0) {
		map_remove(&t->alikes, &e->alike->key);
		free(e->alike);
	}
	e->alike = NULL;
}

static void leave_counters(struct token_table *t, struct entry *e)
{
	struct account *a;

	if (!e->alike)
		return;

	a = e->alike->account;
	TAILQ_REMOVE(&a->entries, e, of_account);
	if (TAILQ_EMPTY(&a->entries)) {
		map_remove(&t->accounts, &a->uid);
		free(a);
	}
	leave_alike(t, e);
}

static int join_account(struct token_table *t, struct entry *e)
{
	struct account *a;

	a = map_get(&t->accounts, &e->token->uid);
	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return -ENOMEM;

		a->uid = e->token->uid;
		TAILQ_INIT(&a->entries);
		if (map_put(&t->accounts, &a->uid, a) < 0) {
			free(a);
			return -ENOMEM;
		}
	}

	TAILQ_INSERT_TAIL(&a->entries, e, of_account);
	e->alike->account = a;
	return 0;
}

static int join_alike(struct token_table *t, struct entry *e)
{
	struct alike_key key = alike_key(e->token->uid, e->token->fingerprint);
	struct alike *a;

	a = map_get(&t->alikes, &key);
	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return -ENOMEM;

		a->key = key;
		for (size_t i = 0; i < ALIKE_LISTS; i++)
			LIST_INIT(&a->lists[i]);
		if (map_put(&t->alikes, &a->key, a) < 0) {
			free(a);
			return -ENOMEM;
		}
	}

	a->entries++;
	e->alike = a;
	return 0;
}

/* NULL: tokens in this state are in no list. */
static struct alike_list *list_of(struct alike *a, enum token_state state)
{
	switch (state) {
	case TOKEN_PENDING:
		return &a->lists[ALIKE_PENDING];
	case TOKEN_APPROVED:
	case TOKEN_REVOKED:
		return &a->lists[ALIKE_DECIDED];
	default:
		return NULL;
	}
}

/* The one place that sets a token's state. */
static void set_state(struct entry *e, enum token_state state)
{
	struct alike *alike = e->alike;
	struct account *account = alike->account;
	struct alike_list *from = list_of(alike, e->token->state), *to = list_of(alike, state);

	if (e->token->state == state)
		return;
	if (e->token->state == TOKEN_PENDING) {
		account->pending--;
		alike->pending--;
	}
	if (from)
		LIST_REMOVE(e, among_alike);
	e->token->state = state;
	if (to)
		LIST_INSERT_HEAD(to, e, among_alike);
	if (state == TOKEN_PENDING) {
		account->pending++;
		alike->pending++;
	}
}

static void remove_entry(struct token_table *t, struct entry *e)
{
	set_state(e, TOKEN_ABSENT);
	map_remove(&t->by_id, e->token->id);
	heap_remove(&t->due, &e->due);
	TAILQ_REMOVE(&t->order, e, order);
	t->bytes -= e->bytes;
	e->alike->account->bytes -= e->bytes;
	leave_counters(t, e);
	token_free(e->token);
	free(e);
}

void token_table_deinit(struct token_table *t)
{
	while (!TAILQ_EMPTY(&t->order))
		remove_entry(t, TAILQ_FIRST(&t->order));

	map_deinit(&t->by_id);
	map_deinit(&t->accounts);
	map_deinit(&t->alikes);
	heap_deinit(&t->due);
	free(t->applied);
}

const struct token *token_table_find(
	const struct token_table *t, const uint8_t id[static TOKEN_ID_LEN])
{
	const struct entry *e = map_get(&t->by_id, id);

	return e ? e->token : NULL;
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
	return e ? e->token : NULL;
}

const struct token *token_table_next_own(
	const struct token_table *t, uid_t uid, const struct token *after)
{
	const struct account *a = after ? NULL : map_get(&t->accounts, &uid);
	const struct entry *e;

	if (after)
		e = TAILQ_NEXT((const struct entry *)map_get(&t->by_id, after->id), of_account);
	else
		e = a ? TAILQ_FIRST(&a->entries) : NULL;
	return e ? e->token : NULL;
}

/* The first entry of the list for this state; or NULL. */
static const struct entry *first_alike(const struct token_table *t, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state)
{
	const struct alike_key key = alike_key(uid, fingerprint);
	struct alike *a = map_get(&t->alikes, &key);
	const struct alike_list *list = a ? list_of(a, state) : NULL;

	return list ? LIST_FIRST(list) : NULL;
}

const struct token *token_table_next_alike(const struct token_table *t, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after)
{
	const struct entry *e;

	e = after ? LIST_NEXT((struct entry *)map_get(&t->by_id, after->id), among_alike)
		  : first_alike(t, uid, fingerprint, state);
	while (e && e->token->state != state)
		e = LIST_NEXT(e, among_alike);
	return e ? e->token : NULL;
}

struct usage token_table_count(
	const struct token_table *t, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN])
{
	struct alike_key key = alike_key(uid, fingerprint);
	const struct account *account = map_get(&t->accounts, &uid);
	const struct alike *alike = map_get(&t->alikes, &key);

	return (struct usage){
		.pending_alike = alike ? alike->pending : 0,
		.pending_of_uid = account ? account->pending : 0,
		.bytes_of_uid = account ? account->bytes : 0,
		.bytes = t->bytes,
	};
}

size_t token_table_size(const struct token_table *t)
{
	return map_size(&t->by_id);
}

/* Takes all steps that can fail, in an order in which each failure can be undone. */
static int insert(struct token_table *t, struct entry *e)
{
	int r;

	r = join_alike(t, e);
	if (r < 0)
		return r;

	r = join_account(t, e);
	if (r < 0) {
		leave_alike(t, e);
		return r;
	}

	r = heap_push(&t->due, &e->due, e->token->expires);
	if (r < 0)
		return r;

	r = map_put(&t->by_id, e->token->id, e);
	if (r < 0)
		heap_remove(&t->due, &e->due);
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

	e->token = change->issued;
	e->bytes = change->size;
	r = insert(t, e);
	if (r < 0) {
		leave_counters(t, e);
		free(e);
		return r;
	}

	change->issued = NULL;
	e->token->state = TOKEN_ABSENT;
	set_state(e, change->to);
	TAILQ_INSERT_TAIL(&t->order, e, order);
	t->bytes += e->bytes;
	e->alike->account->bytes += e->bytes;
	return 0;
}

static void set_end(struct token_table *t, struct entry *e, uint64_t expires)
{
	e->token->expires = expires;
	heap_move(&t->due, &e->due, expires);
}

static int move(struct token_table *t, const struct token_change *change)
{
	struct entry *e = map_get(&t->by_id, change->id);
	int r;

	if (!e || e->token->state != change->from)
		return TOKEN_TABLE_STALE;

	r = token_set_reason(e->token, change->reason);
	if (r < 0)
		return r;

	if (change->approvals.n > 0) {
		r = token_set_approvals(e->token, &change->approvals);
		if (r < 0)
			return r;
	}
	if (change->to == TOKEN_APPROVED || token_change_is_partial(change)) {
		e->token->always = change->always;
		e->token->for_ms = change->for_ms;
		e->token->approval = change->approval; /* none, while more are needed */
	}
	if (change->to == TOKEN_CONSUMED)
		e->token->evidence = change->evidence;
	e->token->joined |= change->joined;
	if (change->expires > 0)
		set_end(t, e, change->expires);
	set_state(e, change->to);
	return 0;
}

/*
 * Restores the token as it was before the change. A token that can still change has no reason. Only
 * an approved token has an approval; only it is `always`, or a pending token for which an earlier
 * one of several approvers has set this.
 */
static void undo(struct token_table *t, struct entry *e, const struct applied *a)
{
	if (e->token->expires != a->expires)
		set_end(t, e, a->expires);
	token_set_reason(e->token, NULL);
	token_cut_approvals(e->token, a->approvals);
	e->token->evidence = 0;
	e->token->joined = a->joined;
	if (a->from == TOKEN_PENDING)
		e->token->approval = (struct approval){ 0 };
	if (a->from == TOKEN_PENDING && a->approvals == 0) {
		e->token->always = false;
		e->token->for_ms = 0;
	}
	set_state(e, a->from);
}

/* Makes room for one more in `applied`. */
static int reserve_applied(struct token_table *t)
{
	struct applied *applied;
	size_t size;

	if (t->n_applied < t->size_applied)
		return 0;

	size = t->size_applied ? t->size_applied * 2 : 64;
	applied = reallocarray(t->applied, size, sizeof(*applied));
	if (!applied)
		return -ENOMEM;

	t->applied = applied;
	t->size_applied = size;
	return 0;
}

int token_table_apply(struct token_table *t, struct token_change *change)
{
	const struct token *before = token_table_find(t, change->id);
	size_t approvals = before ? approvals_count(&before->approvals) : 0;
	bool joined = before && before->joined;
	uint64_t expires = before ? before->expires : 0;
	struct applied *applied;
	int r;

	r = reserve_applied(t);
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
	enum token_state to = token_step(e->token->state, TOKEN_EXPIRE)->to;

	if (to == TOKEN_ABSENT)
		return false;

	set_state(e, to);
	return true;
}

/* An entry is due twice: when the token expires, and when the token may be forgotten. */
static void prune_entry(struct token_table *t, struct entry *e,
	void (*changed)(const struct token *token, const uid_t *by, void *userdata), void *userdata)
{
	uint64_t end = e->token->expires + TOKEN_RETENTION;

	if (expire(e))
		changed(e->token, NULL, userdata);
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
		if (!token_settle_time(e->token, now) && !token_settle_asker(e->token, now))
			continue;

		any = true;
		expire(e);
		heap_move(&t->due, &e->due, e->token->expires + TOKEN_RETENTION);
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
			|| (a->to == e->token->state
				&& (a->to == TOKEN_APPROVED || a->to == TOKEN_PENDING)))
			undo(t, e, a);
	}
}

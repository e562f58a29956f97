/* SPDX-License-Identifier: ISC */

/* Requests that wait for a decision about their token. */

#include "daemon/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void waits_init(struct waits *waits)
{
	TAILQ_INIT(&waits->held);
	TAILQ_INIT(&waits->ready);
	TAILQ_INIT(&waits->left);
	waits->n = 0;
}

static struct wait_list *list_of(struct wait *w)
{
	return w->ready ? &w->waits->ready : &w->waits->held;
}

static void forget(struct wait *w)
{
	TAILQ_REMOVE(list_of(w), w, order);
	w->waits->n--;
}

void wait_free(struct wait *w)
{
	if (!w)
		return;

	bytes_deinit(&w->line);
	free(w);
}

/* The peer is gone: keeps the wait only for its token. */
static void leave(struct wait *w)
{
	forget(w);
	w->conn = NULL;
	if (w->owns_token)
		TAILQ_INSERT_TAIL(&w->waits->left, w, order);
	else
		wait_free(w);
}

static void on_gone(struct conn *conn, void *holder)
{
	(void)conn;
	leave(holder);
}

static void drop(struct wait *w)
{
	conn_free(w->conn);
	leave(w);
}

bool waits_take_left(struct waits *waits, uint8_t ret[static TOKEN_ID_LEN])
{
	struct wait *w = TAILQ_FIRST(&waits->left);

	if (!w)
		return false;

	memcpy(ret, w->token_id, TOKEN_ID_LEN);
	TAILQ_REMOVE(&waits->left, w, order);
	wait_free(w);
	return true;
}

void waits_deinit(struct waits *waits)
{
	uint8_t id[TOKEN_ID_LEN];

	while (!TAILQ_EMPTY(&waits->held))
		drop(TAILQ_FIRST(&waits->held));
	while (!TAILQ_EMPTY(&waits->ready))
		drop(TAILQ_FIRST(&waits->ready));
	while (waits_take_left(waits, id))
		;
}

int waits_hold(struct waits *waits, struct conn *conn, struct bytes *line,
	const uint8_t token_id[static TOKEN_ID_LEN], bool owns_token, uint64_t deadline,
	uint64_t asked_wall)
{
	struct wait *w;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;

	r = conn_hold(conn, on_gone, w);
	if (r < 0) {
		free(w);
		return r;
	}

	w->waits = waits;
	w->conn = conn;
	w->deadline = deadline;
	w->asked_wall = asked_wall;
	w->owns_token = owns_token;
	memcpy(w->token_id, token_id, sizeof(w->token_id));
	w->line = *line;
	bytes_init(line, line->max);
	TAILQ_INSERT_TAIL(&waits->held, w, order);
	waits->n++;
	return 0;
}

static void make_ready(struct wait *w)
{
	TAILQ_REMOVE(&w->waits->held, w, order);
	w->ready = true;
	TAILQ_INSERT_TAIL(&w->waits->ready, w, order);
}

/* Calls make_ready() for each wait that fits, in order. */
static void make_ready_if(
	struct waits *waits, bool (*fits)(const struct wait *w, const void *what), const void *what)
{
	struct wait *w, *next;

	for (w = TAILQ_FIRST(&waits->held); w; w = next) {
		next = TAILQ_NEXT(w, order);
		if (fits(w, what))
			make_ready(w);
	}
}

static bool is_decided(const struct wait *w, const void *what)
{
	const struct token_note *item = what;

	return memcmp(w->token_id, item->id, sizeof(w->token_id)) == 0;
}

static bool is_over(const struct wait *w, const void *what)
{
	const uint64_t *now = what;

	return w->deadline <= *now;
}

static bool is_any(const struct wait *w, const void *what)
{
	(void)w;
	(void)what;
	return true;
}

void waits_wake(struct waits *waits, const struct token_events *events)
{
	if (events->lost)
		waits_wake_all(waits);
	for (size_t i = 0; i < events->n && !TAILQ_EMPTY(&waits->held); i++)
		if (events->items[i].to != TOKEN_PENDING || events->items[i].partial)
			make_ready_if(waits, is_decided, &events->items[i]);
}

void waits_expire(struct waits *waits, uint64_t now)
{
	make_ready_if(waits, is_over, &now);
}

void waits_wake_all(struct waits *waits)
{
	make_ready_if(waits, is_any, NULL);
}

struct wait *waits_take(struct waits *waits)
{
	struct wait *w;

	while ((w = TAILQ_FIRST(&waits->ready))) {
		if (conn_is_there(w->conn)) {
			conn_release(w->conn);
			forget(w);
			return w;
		}
		drop(w);
	}
	return NULL;
}

bool waits_has_ready(const struct waits *waits)
{
	return !TAILQ_EMPTY(&waits->ready);
}

uint64_t waits_due(const struct waits *waits)
{
	const struct wait *w;
	uint64_t due = CLOCK_NEVER;

	TAILQ_FOREACH (w, &waits->held, order)
		if (w->deadline < due)
			due = w->deadline;
	return due;
}

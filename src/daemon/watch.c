/* SPDX-License-Identifier: ISC */

/* Operators that watch. */

#include "daemon/watch.h"

#include <errno.h>
#include <stdlib.h>

struct watcher {
	struct watchers *watchers;
	struct conn *conn;
	size_t owed; /* bytes of events since `out` was last empty */
	TAILQ_ENTRY(watcher) order;
};

void watchers_init(struct watchers *watchers)
{
	TAILQ_INIT(&watchers->list);
	watchers->n = 0;
}

static void forget(struct watcher *w)
{
	TAILQ_REMOVE(&w->watchers->list, w, order);
	w->watchers->n--;
	free(w);
}

static void on_gone(struct conn *conn, void *holder)
{
	(void)conn;
	forget(holder);
}

static void drop(struct watcher *w)
{
	conn_free(w->conn);
	forget(w);
}

void watchers_deinit(struct watchers *watchers)
{
	while (!TAILQ_EMPTY(&watchers->list))
		drop(TAILQ_FIRST(&watchers->list));
}

int watchers_add(
	struct watchers *watchers, struct conn *conn, const struct bytes *first, uint64_t now)
{
	struct watcher *w;
	int r;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;

	r = conn_hold(conn, on_gone, w);
	if (r < 0) {
		free(w);
		return r;
	}

	w->watchers = watchers;
	w->conn = conn;
	TAILQ_INSERT_TAIL(&watchers->list, w, order);
	watchers->n++;
	if (first->len > 0 && conn_stream(conn, bytes_str(first), first->len, now) < 0)
		drop(w);
	return 0;
}

/* Joins all lines, so that one call sends them. */
static int join(const struct token_events *events, struct bytes *text)
{
	int r = events->lost || events->untold ? -ENOBUFS : 0;

	for (size_t i = 0; r >= 0 && i < events->n; i++)
		if (events->items[i].line)
			r = bytes_append_str(text, events->items[i].line);
	return r;
}

static int tell(struct watcher *w, const struct bytes *text, size_t share, uint64_t now)
{
	if (w->conn->out.len == 0)
		w->owed = 0;
	w->owed += text->len;
	if (w->owed > share)
		return -ENOBUFS;
	return conn_stream(w->conn, bytes_str(text), text->len, now);
}

void watchers_tell(struct watchers *watchers, const struct token_events *events, uint64_t now)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	struct watcher *w, *next;
	size_t share, least;
	int r;

	if (watchers->n == 0)
		return;

	r = join(events, &text);
	if (r >= 0 && text.len == 0)
		return;

	share = LIMIT_UNREAD / watchers->n;
	/*
	 * The share is larger than any one event, so a watcher that reads can be sent each event.
	 */
	least = 2 * TAILQ_FIRST(&watchers->list)->conn->conns->max_request;
	if (share < least)
		share = least;
	for (w = TAILQ_FIRST(&watchers->list); w; w = next) {
		next = TAILQ_NEXT(w, order);
		if (r < 0 || tell(w, &text, share, now) < 0)
			drop(w);
	}
}

void watchers_end(struct watchers *watchers, const char *line, uint64_t now)
{
	struct bytes reply = BYTES_PRINTED;
	struct watcher *w;

	while ((w = TAILQ_FIRST(&watchers->list))) {
		if (bytes_append_str(&reply, line) < 0) {
			drop(w);
			continue;
		}

		conn_answer(w->conn, &reply, now);
		forget(w);
		bytes_clear(&reply);
	}
	bytes_deinit(&reply);
}

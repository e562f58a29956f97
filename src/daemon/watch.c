/* SPDX-License-Identifier: ISC */

/* Operators that watch. */

#include "daemon/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watcher {
	struct watchers *watchers;
	struct conn *conn;
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

static int tell(struct watcher *w, const struct news *news, uint64_t now)
{
	const char *line;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < news->n; i++) {
		line = news->items[i].line;
		if (w->conn->conns->unread > LIMIT_UNREAD)
			return -ENOBUFS;
		if (line)
			r = conn_stream(w->conn, line, strlen(line), now);
	}
	return r;
}

void watchers_tell(struct watchers *watchers, const struct news *news, uint64_t now)
{
	struct watcher *w, *next;

	for (w = TAILQ_FIRST(&watchers->list); w; w = next) {
		next = TAILQ_NEXT(w, order);
		if (news->lost || tell(w, news, now) < 0)
			drop(w);
	}
}

void watchers_end(struct watchers *watchers, const char *line, uint64_t now)
{
	struct bytes reply = BYTES_INIT(BYTES_UNLIMITED);
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

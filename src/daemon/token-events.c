/* SPDX-License-Identifier: ISC */

/* What became of tokens in a turn. */

#include "daemon/token-events.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "gate/limits.h"
#include "gate/token/token-json.h"

void news_init(struct news *news)
{
	*news = (struct news){ 0 };
}

void news_clear(struct news *news)
{
	while (news->n > 0)
		free(news->items[--news->n].line);
	news->lines_len = 0;
	news->lost = news->untold = false;
}

void news_deinit(struct news *news)
{
	news_clear(news);
	free(news->items);
	news_init(news);
}

/* Room for one more, or NULL. */
static struct news_item *reserve(struct news *news)
{
	struct news_item *items;
	size_t size;

	if (news->n < news->size)
		return &news->items[news->n];

	size = news->size ? news->size * 2 : 64;
	items = reallocarray(news->items, size, sizeof(*items));
	if (!items)
		return NULL;

	news->items = items;
	news->size = size;
	return &news->items[news->n];
}

static char *print_line(const struct token *t, const uid_t *by, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(BYTES_UNLIMITED);

	if (record_print_event(t, by, now, &line) < 0 || bytes_append_char(&line, '\n') < 0)
		return NULL;
	return bytes_steal(&line);
}

static void add_line(struct news *news, struct news_item *item, const struct token *t,
	const uid_t *by, const struct moment *now)
{
	if (news->lines_len > LIMIT_UNREAD) {
		news->untold = true;
		return;
	}

	item->line = print_line(t, by, now);
	if (item->line)
		news->lines_len += strlen(item->line);
	else
		news->untold = true;
}

void news_add(struct news *news, const struct token *t, const uid_t *by, const struct moment *now,
	bool with_line)
{
	struct news_item *item;

	item = reserve(news);
	if (!item) {
		news->lost = true;
		return;
	}

	*item = (struct news_item){ .to = t->state };
	memcpy(item->id, t->id, sizeof(item->id));
	if (with_line)
		add_line(news, item, t, by, now);
	news->n++;
}

/* All that is noted about a token from its issue on. */
static void undo_issue(struct news *news, size_t issue)
{
	for (size_t i = issue; i < news->n; i++)
		if (memcmp(news->items[i].id, news->items[issue].id, TOKEN_ID_LEN) == 0)
			news->items[i].undone = true;
}

void news_undo(struct news *news)
{
	size_t kept = 0;

	for (size_t i = 0; i < news->n; i++) {
		if (news->items[i].to == TOKEN_PENDING)
			undo_issue(news, i);
		else if (news->items[i].to == TOKEN_APPROVED)
			news->items[i].undone = true;
	}

	for (size_t i = 0; i < news->n; i++) {
		if (news->items[i].undone)
			free(news->items[i].line);
		else
			news->items[kept++] = news->items[i];
	}
	news->n = kept;
}

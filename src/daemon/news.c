/* SPDX-License-Identifier: ISC */

/* What became of tokens in a turn. */

#include "daemon/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "gate/record.h"

void news_init(struct news *news)
{
	*news = (struct news){ 0 };
}

void news_clear(struct news *news)
{
	while (news->n > 0)
		free(news->items[--news->n].line);
	news->lost = false;
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
	if (with_line) {
		item->line = print_line(t, by, now);
		news->lost |= !item->line;
	}
	news->n++;
}

void news_undo(struct news *news)
{
	size_t kept = 0;

	for (size_t i = 0; i < news->n; i++) {
		if (news->items[i].to == TOKEN_PENDING || news->items[i].to == TOKEN_APPROVED)
			free(news->items[i].line);
		else
			news->items[kept++] = news->items[i];
	}
	news->n = kept;
}

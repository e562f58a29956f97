/* SPDX-License-Identifier: ISC */

/* Changes of tokens in a turn. */

#include "daemon/token-events.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "daemon/view.h"
#include "gate/limits.h"

void token_events_init(struct token_events *events)
{
	*events = (struct token_events){ 0 };
}

void token_events_clear(struct token_events *events)
{
	while (events->n > 0)
		free(events->items[--events->n].line);
	events->lines_len = 0;
	events->lost = events->untold = false;
}

void token_events_deinit(struct token_events *events)
{
	token_events_clear(events);
	free(events->items);
	token_events_init(events);
}

static char *print_line(const struct resources *res, const struct token *t, bool extended,
	const uid_t *by, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;

	if (view_event(res, t, extended, by, now, &line) < 0)
		return NULL;
	return bytes_steal(&line);
}

static void add_line(struct token_events *events, struct token_note *item,
	const struct resources *res, const struct token *t, const uid_t *by,
	const struct moment *now)
{
	if (events->lines_len > LIMIT_UNREAD) {
		events->untold = true;
		return;
	}

	item->line = print_line(res, t, item->extended, by, now);
	if (item->line)
		events->lines_len += strlen(item->line);
	else
		events->untold = true;
}

static void add(struct token_events *events, const struct token *t, bool extended, const uid_t *by,
	const struct moment *now, const struct resources *tell_of)
{
	struct token_note *item;

	if (ARRAY_RESERVE(&events->items, events->n, &events->size) < 0) {
		events->lost = true;
		return;
	}

	item = &events->items[events->n];
	*item = (struct token_note){
		.to = t->state,
		.partial = t->state == TOKEN_PENDING && t->approvals.n > 0 && by,
		.extended = extended,
	};
	memcpy(item->id, t->id, sizeof(item->id));
	if (tell_of)
		add_line(events, item, tell_of, t, by, now);
	events->n++;
}

void token_events_add(struct token_events *events, const struct token *t, const uid_t *by,
	const struct moment *now, const struct resources *tell_of)
{
	add(events, t, false, by, now, tell_of);
}

void token_events_add_extended(struct token_events *events, const struct token *t,
	const struct moment *now, const struct resources *tell_of)
{
	add(events, t, true, NULL, now, tell_of);
}

/* Marks all events of a token, from its issue on, as undone. */
static void undo_issue(struct token_events *events, size_t issue)
{
	for (size_t i = issue; i < events->n; i++)
		if (memcmp(events->items[i].id, events->items[issue].id, TOKEN_ID_LEN) == 0)
			events->items[i].undone = true;
}

void token_events_undo(struct token_events *events, bool all)
{
	size_t kept = 0;

	for (size_t i = 0; i < events->n; i++) {
		bool stays = events->items[i].partial || events->items[i].extended;

		if (events->items[i].to == TOKEN_PENDING && !stays)
			undo_issue(events, i);
		else if (stays || events->items[i].to == TOKEN_APPROVED
			|| (all && events->items[i].to != TOKEN_EXPIRED))
			events->items[i].undone = true;
	}

	for (size_t i = 0; i < events->n; i++) {
		if (events->items[i].undone)
			free(events->items[i].line);
		else
			events->items[kept++] = events->items[i];
	}
	events->n = kept;
}

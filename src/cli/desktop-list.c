/* SPDX-License-Identifier: ISC */

#include "cli/desktop-list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void desktop_list_init(struct desktop_list *list)
{
	*list = (struct desktop_list){ 0 };
	map_init(&list->requests, NOTATION_UUID_LEN);
}

static void forget(struct desktop_list *list, struct desktop_request *request)
{
	map_remove(&list->requests, request->id);
	TAILQ_REMOVE(&request->row->requests, request, order);
	free(request->command);
	free(request);
}

void desktop_list_deinit(struct desktop_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		while (!TAILQ_EMPTY(&list->rows[i]->requests))
			forget(list, TAILQ_FIRST(&list->rows[i]->requests));
		free(list->rows[i]);
	}
	map_deinit(&list->requests);
}

struct desktop_row *desktop_list_row(struct desktop_list *list, const struct notice *of)
{
	struct desktop_row *row;

	for (size_t i = 0; i < list->n; i++)
		if (list->rows[i]->of == of)
			return list->rows[i];

	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->of = of;
	row->until = CLOCK_NEVER;
	TAILQ_INIT(&row->requests);
	list->rows[list->n++] = row;
	return row;
}

struct desktop_row *desktop_list_find(struct desktop_list *list, uint32_t id)
{
	for (size_t i = 0; id != 0 && i < list->n; i++)
		if (list->rows[i]->id == id)
			return list->rows[i];
	return NULL;
}

int desktop_list_add(
	struct desktop_list *list, struct desktop_row *row, const char *id, char *command)
{
	struct desktop_request *request;

	desktop_list_remove(list, id);
	request = calloc(1, sizeof(*request));
	if (!request) {
		free(command);
		return -ENOMEM;
	}
	request->row = row;
	request->command = command;
	memcpy(request->id, id, NOTATION_UUID_LEN);
	if (map_put(&list->requests, request->id, request) < 0) {
		free(request);
		free(command);
		return -ENOMEM;
	}
	TAILQ_INSERT_TAIL(&row->requests, request, order);
	return 0;
}

void desktop_list_remove(struct desktop_list *list, const char *id)
{
	struct desktop_request *request = map_get(&list->requests, id);

	if (!request)
		return;
	request->row->changed |= request->due || request->sent || request->shown;
	forget(list, request);
}

void desktop_row_tell(struct desktop_row *row)
{
	struct desktop_request *request;

	TAILQ_FOREACH (request, &row->requests, order) {
		request->due = true;
	}
	row->changed = true;
	row->loud = true;
}

bool desktop_request_is_told(const struct desktop_request *request)
{
	return request->due || request->shown;
}

size_t desktop_row_count(const struct desktop_row *row)
{
	const struct desktop_request *request;
	size_t n = 0;

	TAILQ_FOREACH (request, &row->requests, order) {
		n += desktop_request_is_told(request);
	}
	return n;
}

void desktop_row_sent(struct desktop_row *row)
{
	struct desktop_request *request;

	TAILQ_FOREACH (request, &row->requests, order) {
		request->sent = desktop_request_is_told(request);
		request->due = false;
	}
	row->changed = false;
	row->loud = false;
}

void desktop_row_shown(struct desktop_row *row, uint32_t id)
{
	struct desktop_request *request;

	TAILQ_FOREACH (request, &row->requests, order) {
		request->shown = request->sent;
		request->sent = false;
	}
	row->id = id;
}

void desktop_row_closed(struct desktop_row *row)
{
	struct desktop_request *request;

	TAILQ_FOREACH (request, &row->requests, order) {
		request->shown = false;
	}
	row->id = 0;
}

void desktop_row_lost(struct desktop_row *row)
{
	struct desktop_request *request;

	TAILQ_FOREACH (request, &row->requests, order) {
		request->due |= request->sent || request->shown;
		request->sent = request->shown = false;
		row->changed |= request->due;
	}
	row->loud |= row->changed;
	row->id = 0;
}

void desktop_row_refuse(struct desktop_row *row)
{
	struct desktop_request *request;
	size_t n = 0;

	TAILQ_FOREACH (request, &row->requests, order) {
		n += request->shown;
	}
	if (n > DESKTOP_REFUSE_MAX)
		return; /* it was not offered */
	TAILQ_FOREACH (request, &row->requests, order) {
		request->refuse |= request->shown;
	}
}

size_t desktop_list_take_refused(
	struct desktop_list *list, char ret[static DESKTOP_REFUSE_MAX][NOTATION_UUID_LEN + 1])
{
	struct desktop_request *request;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		TAILQ_FOREACH (request, &list->rows[i]->requests, order) {
			if (!request->refuse || n == DESKTOP_REFUSE_MAX)
				continue;
			request->refuse = false;
			memcpy(ret[n++], request->id, sizeof(request->id));
		}
	}
	return n;
}

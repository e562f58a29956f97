/* SPDX-License-Identifier: ISC */

#include "cli/desk-queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void desk_queue_init(struct desk_queue *q)
{
	TAILQ_INIT(&q->requests);
	q->n = 0;
}

void desk_queue_deinit(struct desk_queue *q)
{
	while (desk_queue_first(q))
		desk_queue_drop(q, desk_queue_first(q));
}

struct desk_request *desk_queue_first(const struct desk_queue *q)
{
	return TAILQ_FIRST(&q->requests);
}

struct desk_request *desk_queue_find(const struct desk_queue *q, const char *token_id)
{
	struct desk_request *request;

	TAILQ_FOREACH (request, &q->requests, order)
		if (strcmp(request->event.token.id, token_id) == 0)
			return request;
	return NULL;
}

int desk_queue_add(struct desk_queue *q, struct event *event)
{
	struct desk_request *request;

	request = calloc(1, sizeof(*request));
	if (!request) {
		event_deinit(event);
		return -ENOMEM;
	}

	request->event = *event;
	desk_request_set_deadline(request, event);
	TAILQ_INSERT_TAIL(&q->requests, request, order);
	q->n++;
	return 0;
}

void desk_queue_drop(struct desk_queue *q, struct desk_request *request)
{
	TAILQ_REMOVE(&q->requests, request, order);
	q->n--;
	event_deinit(&request->event);
	free(request);
}

void desk_request_set_deadline(struct desk_request *request, const struct event *event)
{
	request->deadline = clock_now().boot + event->token.expires_in_ms * CLOCK_MS;
}

uint64_t desk_request_time_left(const struct desk_request *request)
{
	const uint64_t now = clock_now().boot;

	return request->deadline > now ? request->deadline - now : 0;
}

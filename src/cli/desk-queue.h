/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The requests that wait for a person at the operator's desk, in the order of their arrival.
 * Embedded: desk_queue_init(), then desk_queue_deinit().
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "cli/events.h"

struct desk_request {
	struct event event;
	uint64_t deadline; /* µs of the boot clock */
	TAILQ_ENTRY(desk_request) order;
};

struct desk_queue {
	TAILQ_HEAD(desk_requests, desk_request) requests;
	size_t n;
};

void desk_queue_init(struct desk_queue *q);
void desk_queue_deinit(struct desk_queue *q);

/* The first one, and the one about this token; or NULL. */
struct desk_request *desk_queue_first(const struct desk_queue *q);
struct desk_request *desk_queue_find(const struct desk_queue *q, const char *token_id);

/* Takes ownership of the event, also on failure. Error: -ENOMEM. */
int desk_queue_add(struct desk_queue *q, struct event *event);
void desk_queue_drop(struct desk_queue *q, struct desk_request *request);

/* Sets the deadline that the event tells. */
void desk_request_set_deadline(struct desk_request *request, const struct event *event);

/* µs until the deadline. */
uint64_t desk_request_time_left(const struct desk_request *request);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What becomes of tokens, as the daemon tells it (local.exec.watch): events_open(), then poll(2)
 * for `client.fd`, and events_next() until it says EVENTS_LATER. A daemon that stops or is
 * restarted is connected to again; each pending token is told once all the same.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "base/map.h"
#include "cli/client.h"
#include "cli/operator.h"
#include "cli/token-view.h"

#define EVENT_ISSUED "issued"

struct event {
	const char *name; /* EVENT_ISSUED, or the name of the state that the token is in now */
	bool by_operator;
	uint64_t by_uid;        /* who did that */
	const char *not_always; /* why it can't be approved for good; NULL: it can, or is over */
	struct token_view token;
	struct bytes line; /* as it came */
};

void event_deinit(struct event *event);

/*
 * Appends it as a line for a person, cut to the screen where there is one. Errors: those of
 * bytes_append().
 */
int event_append_line(const struct event *event, const struct console *console, struct bytes *b);

struct told;

struct events {
	const struct operator_options *op;
	struct client client;
	struct map told; /* live tokens that were told of, by ID */
	TAILQ_HEAD(told_list, told) all;

	/* µs of the boot clock: since when it is connected, and tries in vain (or CLOCK_NEVER). */
	uint64_t connected, lost;
	bool heard; /* an event, on this connection */
};

/* Connects. STATUS_DONE, or a status to end with, which has been said; nothing to close then. */
int events_open(struct events *events, const struct operator_options *op);
void events_close(struct events *events);

/* Nothing more for now. */
#define EVENTS_LATER (-1)

/* STATUS_DONE with an event, EVENTS_LATER, or a status to end with, which has been said. */
int events_next(struct events *events, struct event *ret);

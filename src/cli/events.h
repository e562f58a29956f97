/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The daemon's stream of token events (local.exec.watch). Call events_open(), then poll(2) on
 * `client.fd`, and events_next() until it returns EVENTS_LATER. The stream reconnects if the daemon
 * stops or restarts; each pending token is still reported only once.
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
#define EVENT_SIGNED "signed"     /* one of several approvals: the token is still pending */
#define EVENT_EXTENDED "extended" /* it lives longer: the token is still pending */

struct event {
	const char *name; /* one of these, or the name of the token's new state */
	bool by_operator;
	uint64_t by_uid;        /* the user who caused the event */
	const char *not_always; /* why it can't be approved for good, or NULL */
	struct token_view token;
	struct bytes line; /* as received */
};

void event_deinit(struct event *event);

/*
 * Appends the event as a line for a person, cut to the screen's width if there is a screen. Errors:
 * those of bytes_append().
 */
int event_append_line(const struct event *event, const struct console *console, struct bytes *b);

struct told;

struct events {
	const struct operator_options *op;
	int stop; /* connecting ends when it becomes readable; -1: none */
	struct client client;
	struct map told; /* live tokens already reported, by ID */
	TAILQ_HEAD(told_list, told) all;

	/* µs of the boot clock: when connected, and when the daemon was lost (or CLOCK_NEVER). */
	uint64_t connected, lost;
	bool heard; /* this connection has delivered an event */
};

/* No event for now; `stop` became readable while connecting. */
enum { EVENTS_LATER = -1, EVENTS_STOPPED = -2 };

/*
 * Connects. `stop`: a descriptor that ends connecting when it becomes readable, or -1. Returns
 * STATUS_DONE, EVENTS_STOPPED, or a status to exit with: the message is then already printed. If it
 * isn't STATUS_DONE, there is nothing to close.
 */
int events_open(struct events *events, const struct operator_options *op, int stop);
void events_close(struct events *events);

/*
 * Returns STATUS_DONE with an event, EVENTS_LATER, EVENTS_STOPPED, or a status to exit with
 * (message printed).
 */
int events_next(struct events *events, struct event *ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Collects waiting requests into notices for a person: at most one notice for each uid and
 * interval. A request that is decided before the notice is due is left out. Embedded:
 * notices_init(), then notices_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/notation.h"
#include "cli/events.h"

/* Users with a notice of their own; further users share the last one. */
#define NOTICES_USERS_MAX 256

/* Requests that a notice describes; further ones are only counted. */
#define NOTICES_NAMED_MAX 32

struct notice_request {
	char id[NOTATION_UUID_LEN + 1];
	struct bytes text; /* a JSON object */
};

struct notice {
	uint64_t uid;
	bool of_many; /* it is of all users without a notice of their own */
	uint64_t due; /* µs of the boot clock; CLOCK_NEVER if no request waits */
	uint64_t quiet_until;
	struct notice_request requests[NOTICES_NAMED_MAX];
	size_t n_named;
	uint64_t n; /* all requests, also those that are only counted */
};

struct notices {
	uint64_t interval; /* µs */
	bool details;      /* describe requests with everything that the daemon sends */
	struct notice *list[NOTICES_USERS_MAX];
	size_t n;
};

void notices_init(struct notices *n, uint64_t interval, bool details);
void notices_deinit(struct notices *n);

/* Takes one event of the daemon. `now`: µs of the boot clock. Error: -ENOMEM. */
int notices_take_event(struct notices *n, const struct event *event, uint64_t now);

/* The notice for this user's requests; it lasts as long as `n`. NULL: out of memory. */
struct notice *notices_find(struct notices *n, uint64_t uid);

/* When the next notice is due; CLOCK_NEVER if there is none. */
uint64_t notices_due(const struct notices *n);

/* A notice that is due now, or NULL. Call notices_told() after sending it. */
struct notice *notices_next(struct notices *n, uint64_t now);
void notices_told(struct notices *n, struct notice *notice, uint64_t now);

/* Appends "2 requests of uid 1000 wait": only digits and such fixed words. */
int notice_append_sentence(const struct notice *notice, struct bytes *b);

/* The same with another number of requests. */
int notice_append_count(const struct notice *notice, uint64_t count, struct bytes *b);

/* Appends the notice as a JSON object. `host`: this machine's name. */
int notice_append_json(const struct notice *notice, const char *host, struct bytes *b);

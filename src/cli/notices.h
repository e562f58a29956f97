/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a person is told of the requests that wait: one notice for one uid and interval. Requests
 * that are decided before a notice is due are not in it. Embedded: notices_init(), then
 * notices_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/notation.h"
#include "cli/events.h"

/* Further users share the last row. */
#define NOTICES_USERS_MAX 256

/* The requests of one notice that are named. Further ones are only counted. */
#define NOTICES_NAMED_MAX 32

struct notice_request {
	char id[NOTATION_UUID_LEN + 1];
	struct bytes text; /* an object of JSON */
};

struct notice {
	uint64_t uid;
	bool of_many; /* of all users that have no row of their own */
	uint64_t due; /* µs of the boot clock; CLOCK_NEVER if nothing is to be told */
	uint64_t quiet_until;
	struct notice_request requests[NOTICES_NAMED_MAX];
	size_t n_named;
	uint64_t n; /* also those that are not named */
};

struct notices {
	uint64_t interval; /* µs */
	bool details;      /* name each request with all that the daemon tells of it */
	struct notice *list[NOTICES_USERS_MAX];
	size_t n;
};

void notices_init(struct notices *n, uint64_t interval, bool details);
void notices_deinit(struct notices *n);

/* Takes an event of the daemon into account. `now`: µs of the boot clock. Error: -ENOMEM. */
int notices_take_event(struct notices *n, const struct event *event, uint64_t now);

/* When the next notice is due; CLOCK_NEVER if there is none. */
uint64_t notices_due(const struct notices *n);

/* A notice that is due now, or NULL. Call notices_told() after it was told. */
struct notice *notices_next(struct notices *n, uint64_t now);
void notices_told(struct notices *n, struct notice *notice, uint64_t now);

/* Appends "2 requests of uid 1000 wait": digits and these words alone. */
int notice_append_sentence(const struct notice *notice, struct bytes *b);

/* Appends the notice as an object of JSON. `host`: this machine's name. */
int notice_append_json(const struct notice *notice, const char *host, struct bytes *b);

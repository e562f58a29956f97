/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What waits, for notices on the desktop: one row for each user's notice, with every request of it
 * that waits. Unlike cli/notices, which forgets what it has told, a row lasts as long as its notice
 * can be seen, so that the notice can be updated and closed. Pure. Embedded: desktop_list_init(),
 * then desktop_list_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"
#include "base/notation.h"
#include "cli/notices.h"

/* Requests that one click can refuse; with more, that isn't offered. */
#define DESKTOP_REFUSE_MAX 32

struct desktop_request {
	char id[NOTATION_UUID_LEN + 1];
	struct desktop_row *row;
	char *command; /* escaped and cut; NULL without --details */

	bool due;    /* the next version of the notice tells of it for the first time */
	bool sent;   /* the version that the server has not answered yet tells of it */
	bool shown;  /* the version on the screen tells of it */
	bool refuse; /* a person clicked on "Refuse" */
	TAILQ_ENTRY(desktop_request) order;
};

struct desktop_row {
	const struct notice *of;
	struct desktop *desktop; /* its owner, for callbacks */

	uint32_t id;              /* the server's, of the notice on the screen; 0: none */
	struct sd_bus_slot *call; /* the version that is on its way; NULL: none */
	uint64_t until;           /* how long to wait for its answer, µs of the boot clock */
	bool changed;             /* another version is to be sent */
	bool loud;                /* it tells of new requests */
	TAILQ_HEAD(desktop_requests, desktop_request) requests;
};

struct desktop_list {
	struct desktop_row *rows[NOTICES_USERS_MAX];
	size_t n;
	struct map requests; /* by ID */
};

void desktop_list_init(struct desktop_list *list);
void desktop_list_deinit(struct desktop_list *list);

/* The row for the notice, which must outlive it. NULL: out of memory. */
struct desktop_row *desktop_list_row(struct desktop_list *list, const struct notice *of);

/* The row whose notice has this ID of the server; NULL if there is none. */
struct desktop_row *desktop_list_find(struct desktop_list *list, uint32_t id);

/* Adds a request. Takes `command`, which may be NULL, also on failure. Error: -ENOMEM. */
int desktop_list_add(
	struct desktop_list *list, struct desktop_row *row, const char *id, char *command);

/* Removes a request, if it is there. */
void desktop_list_remove(struct desktop_list *list, const char *id);

/* From the next version on, the row's notice tells of every request. */
void desktop_row_tell(struct desktop_row *row);

/* Whether the version to be sent next tells of the request. */
bool desktop_request_is_told(const struct desktop_request *request);

/* How many requests that version tells of. */
size_t desktop_row_count(const struct desktop_row *row);

void desktop_row_sent(struct desktop_row *row);               /* it was sent */
void desktop_row_shown(struct desktop_row *row, uint32_t id); /* it is on the screen */
void desktop_row_closed(struct desktop_row *row);             /* a person or the server closed it */
void desktop_row_lost(struct desktop_row *row);               /* it must be sent again */
void desktop_row_refuse(struct desktop_row *row);             /* "Refuse" was clicked */

/* Takes the IDs of requests to be refused. Returns their number. */
size_t desktop_list_take_refused(
	struct desktop_list *list, char ret[static DESKTOP_REFUSE_MAX][NOTATION_UUID_LEN + 1]);

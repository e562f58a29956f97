/* SPDX-License-Identifier: ISC */
#pragma once

/* Decides a request's line. */

#include "daemon/batch.h"

/* A request that was held back. */
struct turn_waited {
	const char *token;   /* that it has waited for, as text */
	uint64_t asked_wall; /* when it was asked, µs of the wall clock */
	uint64_t deadline;   /* µs of the boot clock */
	const char *over;    /* why it is not held any longer, or NULL */
};

/*
 * Decides a request, applies its changes of tokens to the store, and adds its answer to the batch.
 * `line` NULL: the request is refused unread, for the reason `refused`. `waited`: NULL if the
 * request was not held back.
 */
void turn_decide(struct batch *batch, struct conn *conn, const char *line, size_t len,
	const char *refused, const struct turn_waited *waited);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Decides a request's line. */

#include "daemon/batch.h"

/*
 * Decides a request, applies its changes of tokens to the store, and adds its answer to the batch.
 * `line` NULL: the request is refused unread, for the reason `refused`. `waited_for`: the token
 * that the request has waited for, as text, or NULL.
 */
void turn_decide(struct batch *batch, struct conn *conn, const char *line, size_t len,
	const char *refused, const char *waited_for);

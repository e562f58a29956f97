/* SPDX-License-Identifier: ISC */
#pragma once

/* From a request's line to its verdict. */

#include "daemon/batch.h"

/*
 * Adds the answer to a request, which is decided, and whose changes of tokens are applied to the
 * store. Without a line, `refused` is why it is refused unread. `waited_for`: the token that the
 * request has waited for, as text, or NULL.
 */
void turn_decide(struct batch *batch, struct conn *conn, const char *line, size_t len,
	const char *refused, const char *waited_for);

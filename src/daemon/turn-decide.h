/* SPDX-License-Identifier: ISC */
#pragma once

/* What a turn does with one request. */

#include "daemon/turn.h"

/*
 * Decides the line, or what was refused before it could be read, and applies what follows from it
 * to the store. `waited_for`: the token that an earlier answer to this request would have named, or
 * NULL. Fills *answer, whose buffers must be empty. After an error (a negative errno) what it has
 * decided didn't happen.
 */
int turn_decide(struct turn *turn, const struct conn *conn, const char *line, size_t len,
	const char *refused, const char *waited_for, struct answer *answer);

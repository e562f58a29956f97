/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What of a turn goes into the log of evidence: every decision and every operator's action, but not
 * what only looks, and not a request that is pending as it was. Without a log these do nothing.
 */

#include "daemon/turn.h"
#include "gate/wire/request.h"

/* Keeps of a request what will be recorded; its line is only there now. */
int turn_evidence_keep(const struct turn *turn, struct answer *a, const struct request *request,
	const char *line, size_t len);

/*
 * Before the commit: the store is to note which records go along with it. Without memory for that
 * they do all the same, and only a crash just then would leave them out.
 */
void turn_evidence_announce(struct turn *turn);

/* Behind the commit: writes the records of all answers. An error: none of them may be given. */
int turn_evidence_write(struct turn *turn);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What goes from a turn into the log of evidence: a record for each answer that has a sequence.
 * Without a log these do nothing.
 */

#include "daemon/batch.h"
#include "gate/wire/request.h"

/* Keeps what will be recorded of a request, whose line is valid only during this call. */
int turn_evidence_keep(const struct batch *batch, struct answer *a, const struct request *request,
	const char *line, size_t len);

/*
 * Before the store's commit: the store is to note which records go along with its changes. Best
 * effort: on -ENOMEM the records are written all the same, and only a crash between the two commits
 * would leave them out.
 */
void turn_evidence_announce(const struct batch *batch);

/* After the store's commit: writes the records. After an error no answer may tell its verdict. */
int turn_evidence_write(struct batch *batch);

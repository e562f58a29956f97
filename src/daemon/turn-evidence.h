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
 * Once the answer has a sequence: a denied request of a uid that has used up its budget is recorded
 * by its length and hash alone.
 */
int turn_evidence_limit(struct batch *batch, struct answer *a);

/*
 * Before the store's commit: the store is to note which records go along with its changes, and with
 * those of the allowlist. Without that note a crash between the changes and the records would leave
 * the records out: after an error (-ENOMEM) no change of the allowlist may happen. Those of tokens
 * are applied already, and their records are written all the same.
 */
int turn_evidence_announce(struct batch *batch);

/* After the store's commit: writes the records. After an error no answer may tell its verdict. */
int turn_evidence_write(struct batch *batch);

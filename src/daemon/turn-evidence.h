/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Writes a turn's records to the log of evidence: one for each answer that has a sequence. Without
 * a log the functions do nothing.
 */

#include "daemon/batch.h"
#include "daemon/runner-proof.h"
#include "gate/wire/request.h"

/*
 * Copies the text that will be recorded of a request into `a`; a runner's token is left out of it.
 * `line` is valid only during this call.
 */
int turn_evidence_keep(const struct batch *batch, struct answer *a, const struct request *request,
	const struct runner_proof *proof, const char *line, size_t len);

/*
 * Call it after the answer has a sequence. If the request is denied and its uid has used up its
 * budget, only the length and hash of the request are recorded.
 */
int turn_evidence_limit(struct batch *batch, struct answer *a);

/*
 * Call it before the store's commit. Gives the store a note: which records belong to its changes
 * and to those of the allowlist. With the note, records that a crash prevented can be written
 * later. On error (-ENOMEM) the allowlist must not be changed. The changes of tokens are already
 * applied, and their records are written all the same.
 */
int turn_evidence_announce(struct batch *batch);

/* Writes the records; call it after the store's commit. On error no answer may tell its verdict. */
int turn_evidence_write(struct batch *batch);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Whether a stream of evidence holds: every hash, sequence, link and signature, line by line, in
 * constant memory. Faults are told as they are found.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gate/approval/allowed-signers.h"
#include "ledger/evidence/chain.h"

struct verify_options {
	const struct evidence_key *key; /* every record must be signed with it; NULL: none may be */
	const char *key_id; /* that all signatures must name; NULL: the key's own, or any */
	const struct chain_head *head; /* a record that must be there; or NULL */
	bool receipt;                  /* one record by itself, with an approver's signature */
	const struct allowed_signers *approvers; /* whose signatures approve; NULL: unchecked */
};

struct verify_report {
	uint64_t records; /* lines, whether or not they hold */
	uint64_t signed_records;
	uint64_t approvals; /* signatures of approvers that were checked */
	uint64_t faults;
	struct chain_head head; /* of the last record that could be read */
};

/* A fault, as a sentence without its full stop. A negative result ends the reading. */
typedef int (*verify_fault_fn)(uint64_t line, const char *what, void *userdata);

/* How far the reading is, in bytes. May be NULL. */
typedef void (*verify_progress_fn)(uint64_t bytes, void *userdata);

/*
 * Reads from where the descriptor is to the end. Returns 0, also where there are faults; a negative
 * errno where it could not be read, or what `fault` gave.
 */
int verify_stream(int fd, const struct verify_options *options, verify_fault_fn fault,
	verify_progress_fn progress, void *userdata, struct verify_report *ret);

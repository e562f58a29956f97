/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Verifies a stream of evidence, or a segment of one: every hash, sequence, link and signature,
 * line by line, in constant memory. Faults are reported as they are found. A file that begins with
 * record 1 is a stream of its own, even if another was read before it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gate/approval/allowed-signers.h"
#include "ledger/evidence/chain.h"

struct verify_options {
	/* One of them signs every record; none: signatures are not checked. */
	struct evidence_key *const *keys;
	size_t n_keys;
	const char *key_id; /* the key_id of all signatures; NULL: the key's own, or any */
	const struct chain_head *head;  /* a record that must be in the stream; or NULL */
	bool head_is_elsewhere;         /* the head may be in another segment of the stream */
	const struct chain_head *after; /* the end of the segment before; or NULL */
	bool continues;                 /* must follow `after`; no stream of its own */
	bool receipt;                   /* a single record, with an approver's signature */
	const struct allowed_signers *approvers; /* who may approve; NULL: unchecked */
};

struct verify_report {
	uint64_t records; /* lines, valid or not */
	uint64_t signed_records;
	uint64_t approvals; /* signatures of approvers that were checked */
	uint64_t faults;
	bool head_found;        /* the head in the options was found */
	struct chain_head head; /* of the last record that could be read */
};

/* Calls while a stream is read. If `fault` or `record` returns a negative number, reading ends. */
struct verify_calls {
	/* A fault, as a sentence without its full stop. */
	int (*fault)(uint64_t line, const char *what, void *userdata);

	/* Each record, valid or not, after its faults. May be NULL. */
	int (*record)(const char *line, size_t len, void *userdata);

	/* The number of bytes read so far. May be NULL. */
	void (*progress)(uint64_t bytes, void *userdata);
};

/*
 * Reads from the descriptor's offset to the end. Returns 0, even if there are faults; a negative
 * errno if the stream could not be read; or the negative result of a call.
 */
int verify_stream(int fd, const struct verify_options *options, const struct verify_calls *calls,
	void *userdata, struct verify_report *ret);

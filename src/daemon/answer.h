/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a turn holds of a request until it is on record, and how it is told then. Whoever prints may
 * still fail; what is logged is what was decided.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "gate/decide.h"
#include "ledger/evidence/evidence.h"

struct turn;

/* A request that was decided and waits for the commit. */
struct answer {
	struct conn *conn;
	struct verdict verdict;
	bool decided; /* the verdict is there; else memory ran out */
	bool detail;
	bool logged;
	enum action action;
	enum token_state listed;             /* of a list */
	struct bytes request;                /* for its record of evidence */
	char record_id[EVIDENCE_ID_LEN + 1]; /* of that; or "" */
	struct bytes what;                   /* executable and who asks, for the log */
	struct bytes line;                   /* the request, where its answer may be held back */
	uint64_t held_until;                 /* µs of the boot clock; 0: is not held back */
	struct bytes changed; /* IDs of the tokens that a revocation of many has changed */
	char fingerprint[FINGERPRINT_HEX_LEN + 1]; /* or "" */
};

/* Appends the reply: what is shown, and the last line. Errors: those of bytes_append(). */
int answer_print(const struct turn *turn, const struct answer *a, struct bytes *b);

/* Appends the last line alone; `detail`: with all that it may have. */
int answer_print_reply(
	const struct turn *turn, const struct answer *a, bool detail, struct bytes *b);

/*
 * Whether it is logged, and evidence: looking isn't, nor is asking again for what still waits.
 */
bool answer_is_recorded(const struct answer *a);

/* Once, where it is recorded. */
void answer_log(struct answer *a);

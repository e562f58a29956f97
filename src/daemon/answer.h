/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The answer to one request, from its verdict to the reply and the log. Data flows one way: the
 * verdict is decided, its changes are applied and committed, the answer is settled, printed, logged
 * and sent. The verdict stays as it was decided; what a failed commit makes of it is the state.
 *
 *	ANSWER_FAILED --answer_decided()--> ANSWER_DECIDED --answer_refuse()--> ANSWER_REFUSED
 *
 * Where memory runs out on the way, it is ANSWER_FAILED again.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "daemon/conn.h"
#include "daemon/status.h"
#include "gate/verdict.h"
#include "gate/wire/request.h"
#include "ledger/evidence/evidence.h"

enum answer_state {
	ANSWER_FAILED,  /* memory ran out: the answer is no */
	ANSWER_DECIDED, /* it tells what was decided */
	ANSWER_REFUSED, /* what was decided can't be told, and so the answer is no */
};

#define ANSWER_ID_LEN 17 /* "dec_" or "corr_", and 12 hexadecimal digits */

struct answer {
	struct conn *conn;
	enum answer_state state;
	struct verdict verdict;
	struct bytes refusal; /* the reason, with ANSWER_REFUSED */
	struct bytes changed; /* IDs of the tokens that a revocation of many has changed */

	/* Set once, by answer_decided(). */
	bool recorded;     /* the answer is logged; with a log of evidence, it has a record there */
	uint64_t sequence; /* of that record; 0: there is none */
	char record_id[EVIDENCE_ID_LEN + 1]; /* its ID, once it is written; or "" */

	/* What is kept of the request. */
	enum action action;
	bool detail;
	enum token_state listed;                   /* of a list */
	struct bytes request;                      /* for its record of evidence */
	struct bytes what;                         /* executable and subject, for the log */
	struct bytes line;                         /* where its answer may be held back */
	uint64_t held_until;                       /* µs of the boot clock; 0: is not held back */
	char fingerprint[FINGERPRINT_HEX_LEN + 1]; /* or "" */

	/* Of a request of the second contract. */
	struct request *evaluated; /* owned; NULL: it is of the first one */
	char decision_id[ANSWER_ID_LEN + 1], correlation_id[ANSWER_ID_LEN + 1];
	char timestamp[40];

	bool held; /* the connection is kept for another turn */
	struct bytes reply;
};

void answer_init(struct answer *a, struct conn *conn);
void answer_deinit(struct answer *a);

/*
 * The verdict is there, and what it changes was applied. `sequence`: of the record of evidence that
 * it gets if it is recorded; 0: there is no log of evidence.
 */
void answer_decided(struct answer *a, uint64_t sequence);

/* Nothing that was decided may be told, for this reason. The first reason stays. */
void answer_refuse(struct answer *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * What the last line of the reply says, and the memory for it: answer_tell() fills it. `detail`:
 * with all that it may have.
 */
struct answer_reply {
	struct reply reply;
	char token_id[NOTATION_UUID_LEN + 1];
	char expires_at[64];
};

void answer_tell(
	const struct answer *a, uint32_t retry_after_ms, bool detail, struct answer_reply *ret);

/*
 * Takes over a request of the second contract, and gives its answer the IDs and the time that the
 * response tells, wherever it is told.
 */
void answer_take_evaluated(struct answer *a, struct request *request, const struct moment *now);

/*
 * Appends the line of a response. Those that the request did not ask for are left out in either
 * case: the record of evidence is what was said.
 */
int answer_print_evaluated(const struct answer *a, uint32_t retry_after_ms, struct bytes *b);

/* Prints the reply into `reply`: what is shown, and the last line. Without memory it fails. */
void answer_print(struct answer *a, const struct status_sources *sources, const struct moment *now);

/* Logs the answer, where it is recorded or refused. */
void answer_log(const struct answer *a);

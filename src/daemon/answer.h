/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The answer to one request, from its verdict to the reply and the log. Data flows one way: the
 * verdict is decided, its changes are applied and committed, then the answer is settled, printed,
 * logged and sent. The verdict never changes after it is decided. If the commit fails, only the
 * state changes.
 *
 *	ANSWER_FAILED --answer_decided()--> ANSWER_DECIDED --answer_refuse()--> ANSWER_REFUSED
 *
 * After -ENOMEM in a later step the state is ANSWER_FAILED again.
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
	ANSWER_FAILED,  /* an error, such as -ENOMEM, or not decided yet: the answer is no */
	ANSWER_DECIDED, /* the answer tells the verdict */
	ANSWER_REFUSED, /* the verdict must not be told: the answer is no */
};

#define ANSWER_ID_LEN 17 /* "dec_" or "corr_", and 12 hexadecimal digits */

struct answer {
	struct conn *conn;
	uid_t uid; /* the asker: the peer's uid, or that of on_behalf_uid */
	enum answer_state state;
	struct verdict verdict;
	struct bytes refusal; /* the reason, if ANSWER_REFUSED */
	bool stopping;        /* refused because the daemon stops */
	struct bytes changed; /* IDs of the tokens that a bulk revocation has changed */

	/* Set once, by answer_decided(). */
	bool recorded;     /* the answer is logged, and recorded if there is a log of evidence */
	uint64_t sequence; /* number of that record; 0: there is none */
	char record_id[EVIDENCE_ID_LEN + 1]; /* ID of that record after it is written; else "" */

	/* Copied from the request. */
	enum action action;
	bool detail;
	char *must;              /* owned; NULL: the request has none */
	enum token_state listed; /* the state that a list asks for */
	struct bytes request;    /* text for the record of evidence */
	struct bytes what;       /* executable and subject, for the log */
	struct bytes line;       /* the whole line, if the answer may be held back */
	bool sync_wait;          /* the asker wants only the decision */
	uint64_t held_until;     /* µs of the boot clock; 0: not held back */
	uint64_t asked_wall;     /* when the question was asked first, µs of the wall clock */
	char fingerprint[FINGERPRINT_HEX_LEN + 1]; /* or "" */

	/* Only for a request of the second contract. */
	struct request *evaluated; /* owned; NULL: a request of the first contract */
	char decision_id[ANSWER_ID_LEN + 1], correlation_id[ANSWER_ID_LEN + 1];
	char timestamp[40];

	bool held; /* the answer is held back: the connection is kept for a later turn */
	struct bytes reply;
};

void answer_init(struct answer *a, struct conn *conn);
void answer_deinit(struct answer *a);

/*
 * Call it after the verdict is decided and its changes are applied. `sequence`: the number of the
 * evidence record that the answer gets if it is recorded; 0: there is no log of evidence.
 */
void answer_decided(struct answer *a, uint64_t sequence);

/*
 * Refuses, for this reason, instead of telling the verdict. If called again, the first reason
 * stays.
 */
void answer_refuse(struct answer *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The last line of the reply, and the memory for its strings; answer_tell() fills it. `detail`:
 * with all optional members.
 */
struct answer_reply {
	struct reply reply;
	char token_id[NOTATION_UUID_LEN + 1];
	char expires_at[64];
};

void answer_tell(
	const struct answer *a, uint32_t retry_after_ms, bool detail, struct answer_reply *ret);

/*
 * Takes ownership of a request of the second contract. Sets the IDs and the time of its response,
 * which are the same in the reply and in the record.
 */
void answer_take_evaluated(struct answer *a, struct request *request, const struct moment *now);

/*
 * Appends the response, without a newline. Members for `detail` are left out, also in the record of
 * evidence, if the request did not ask for them: the record is exactly what was sent.
 */
int answer_print_evaluated(const struct answer *a, uint32_t retry_after_ms, struct bytes *b);

/* Prints the reply into `reply`: the view, then the last line. On -ENOMEM: ANSWER_FAILED. */
void answer_print(struct answer *a, const struct status_sources *sources, const struct moment *now);

/* Logs the answer if it is recorded or refused. */
void answer_log(const struct answer *a);

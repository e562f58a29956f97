/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A question to the daemon: may this run? The answer is said to the person, and is a status. Where
 * a person must decide, the question can be held until then.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "cli/ask.h"
#include "cli/client.h"

struct question {
	struct ask ask;
	bool wait;                 /* until somebody has decided */
	uint64_t wait_time;        /* for so long; CLOCK_NEVER: until the token expires */
	const char *token;         /* the one that the request names, or NULL */
	const char *token_goes_in; /* where to put the ID to ask again, such as "--token" */
	bool prints;               /* the pending token's ID, on standard output */
	bool json;                 /* the replies as they came instead */
};

#define QUESTION_INIT                                                    \
	{                                                                \
		.ask.timeout = CLIENT_TIMEOUT, .wait_time = CLOCK_NEVER, \
		.token_goes_in = "--token"                               \
	}

#define QUESTION_RECORD_ID_MAX 64

/*
 * Sends the request's line, which may be changed, and says what came of it. Returns STATUS_DONE
 * where the command may run, STATUS_REFUSED, STATUS_UNDECIDED or STATUS_PENDING. A signal that ends
 * the program while it waits says how to go on.
 *
 * ret_record_id has the ID of the record of an allow, or "" where the reply does not tell one.
 */
int question_ask(const struct question *question, struct bytes *request,
	char ret_record_id[static QUESTION_RECORD_ID_MAX + 1]);

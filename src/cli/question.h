/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Asks the daemon whether a command may run. The answer becomes a message and an exit status. If a
 * person must decide, the question can wait for the decision.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "cli/ask.h"
#include "cli/client.h"

struct question {
	struct ask ask;
	bool wait;                 /* wait until somebody has decided */
	uint64_t wait_time;        /* the longest wait; CLOCK_NEVER: until the token expires */
	const char *token;         /* the token that the request names, or NULL */
	const char *token_goes_in; /* the option for asking again with the ID, such as "--token" */
	bool prints;               /* print the pending token's ID on standard output */
	bool json;                 /* print the replies as received instead */
};

#define QUESTION_INIT                                                    \
	{                                                                \
		.ask.timeout = CLIENT_TIMEOUT, .wait_time = CLOCK_NEVER, \
		.token_goes_in = "--token"                               \
	}

#define QUESTION_RECORD_ID_MAX 64

/*
 * Sends the request's line, which may be changed, and reports the result. Returns STATUS_DONE if
 * the command may run, else STATUS_REFUSED, STATUS_EXPIRED, STATUS_UNDECIDED or STATUS_PENDING. If
 * a signal ends the program while it waits, a message says how to continue.
 *
 * ret_record_id is the ID of the allow's record, or "" if the reply has none.
 */
int question_ask(const struct question *question, struct bytes *request,
	char ret_record_id[static QUESTION_RECORD_ID_MAX + 1]);

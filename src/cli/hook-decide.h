/* SPDX-License-Identifier: ISC */
#pragma once

/* Asks the daemon about everything that one tool call would do. */

#include <stdbool.h>
#include <stdint.h>

#include "base/notation.h"
#include "cli/ask.h"
#include "cli/hook-question.h"
#include "cli/verb.h"

struct hook_asker {
	const struct verb *verb; /* the verb that asks */
	struct ask ask;
	uint64_t wait;   /* µs to wait for a person */
	bool only_shell; /* have no opinion on other tools */
	bool rewrite;    /* ask what `firma run --shell` would ask, and consume no approval */
	bool prompt;     /* if any operator can approve it, leave it to the agent's own user */
};

enum hook_decision {
	HOOK_DENIED,
	HOOK_ALLOWED,
	HOOK_NO_OPINION,
	HOOK_PENDING, /* a person must decide; the agent must ask again */
	HOOK_PROMPT,  /* the agent's own user must decide; nothing is pending */
};

/* The socket of a hook without --socket: as for a client without environment variables. */
const char *hook_usual_socket(void);

/*
 * Waits if a person must decide. Unless it is allowed, `reason` says why; it is empty if memory ran
 * out. Messages of other modules go to `reason` too: see say_keep(). With `rewrite`, `ret_token` is
 * the approval that was not consumed, or "".
 */
enum hook_decision hook_decide(const struct hook_asker *asker, const struct hook_question *question,
	char ret_token[static NOTATION_UUID_LEN + 1], struct bytes *reason);

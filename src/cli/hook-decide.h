/* SPDX-License-Identifier: ISC */
#pragma once

/* Asking the daemon about all that one call of a tool would run. */

#include <stdbool.h>
#include <stdint.h>

#include "cli/ask.h"
#include "cli/hook-question.h"
#include "cli/verb.h"

struct hook_asker {
	const struct verb *verb; /* that asks */
	struct ask ask;
	uint64_t wait;   /* µs: for how long to wait for a person */
	bool only_shell; /* no opinion on other tools */
};

enum hook_decision { HOOK_DENIED, HOOK_ALLOWED, HOOK_NO_OPINION };

/*
 * Waits for a person where one must decide. With HOOK_DENIED, `reason` says why; it is empty where
 * there was no memory for it. Messages of others go to `reason`, too: see say_keep().
 */
enum hook_decision hook_decide(
	const struct hook_asker *asker, const struct hook_question *question, struct bytes *reason);

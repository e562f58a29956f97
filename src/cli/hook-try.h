/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Calls an agent's hook with the command line of the agent's settings, as the agent would, and
 * reads its answer. The question is whether the agent's shell may run "true", which nothing runs.
 */

#include "cli/hook-dialect.h"
#include "cli/operator.h"

#define HOOK_TRY_LINE "true"

enum hook_try_result {
	HOOK_TRY_ALLOWED,
	HOOK_TRY_DENIED,
	HOOK_TRY_ASKED,     /* a person was asked; the request was withdrawn */
	HOOK_TRY_LEFT,      /* the agent is to ask its own user, or to end */
	HOOK_TRY_UNDECIDED, /* the hook denied because it got no decision */
	HOOK_TRY_NO_ANSWER, /* it answered something else, or nothing, or is late */
};

/*
 * Runs `command` in a new, empty directory. `op` is for withdrawing; its socket is the hook's.
 * `reason` is why it was denied, or why there is no answer. Don't call it as root.
 */
enum hook_try_result hook_try(const struct hook_dialect *dialect, const char *command,
	const struct operator_options *op, struct bytes *reason);

/* SPDX-License-Identifier: ISC */
#pragma once

/* What a call of a tool that isn't a shell would do: requests of the second contract. */

#include "cli/evaluate-request.h"
#include "cli/hook-question.h"

/* The most files that one call may change. */
#define HOOK_ACTIONS_MAX 64

struct hook_actions {
	struct evaluate_request requests[HOOK_ACTIONS_MAX];
	size_t n; /* 0: the call does nothing outside of the agent */

	/* Own strings of the requests. */
	char *owned[4 * HOOK_ACTIONS_MAX];
	size_t n_owned;
};

/*
 * A call that isn't understood is one request about an unknown tool, with all arguments. The
 * question must outlive the requests. Error: -ENOMEM. Call hook_actions_deinit() in either case.
 */
int hook_actions_find(const struct hook_question *question, struct hook_actions *ret);
void hook_actions_deinit(struct hook_actions *actions);

/*
 * Appends the request's line. If it would be too long for the daemon, it names the content by its
 * hash. Error: -ENOMEM.
 */
int hook_action_print(const struct evaluate_request *request, struct bytes *line);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Verifies the runner that a request names. */

#include "daemon/runner-attempt.h"

/*
 * Checks `runner_auth` of an asker's request, if it has one. If the proof holds, sets asked.runner
 * and notes the use. Times are compared with `asked_wall`, since a question that waits for a person
 * may outlive its token. Error: -ENOMEM.
 */
int runner_check(struct runner_gate *gate, struct live_policy *policy, struct state_dir *dir,
	struct request *request, const struct runner_asking *asking, const struct clock_time *now,
	struct runner_proof *ret);

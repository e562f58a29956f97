/* SPDX-License-Identifier: ISC */
#pragma once

/* One check of a runner's proof (daemon/runner-check). */

#include "daemon/live-policy.h"
#include "daemon/runner-gate.h"
#include "daemon/runner-proof.h"
#include "gate/wire/request.h"

/* The circumstances of a request. */
struct runner_asking {
	const char *line; /* without its newline */
	size_t len;
	uid_t uid;
	uint64_t asked_wall; /* when the question was asked first, µs of the wall clock */
	bool waited;         /* it was held back, and is decided again */
};

struct runner_attempt {
	struct runner_gate *gate;
	struct live_policy *policy;
	struct request *request;
	const struct runner_asking *asking;
	uint64_t asked; /* `asked_wall` in s since 1970 */
	const struct clock_time *now;
};

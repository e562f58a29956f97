/* SPDX-License-Identifier: ISC */
#pragma once

#include "gate/policy/policy.h"

/*
 * Whether a verified runner is required for a kind that the request is of. A command is of further
 * kinds if it runs git, or names files or URLs; it is of every kind if not all of it is known. The
 * request has no fault. `runners` may be NULL: none is required. Error: -ENOMEM.
 */
int policy_needs_runner(const struct runners *runners, const struct request *request,
	const struct asker *asker, bool *ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Whether a request needs a verified runner. */

#include "gate/policy/policy.h"

/*
 * The request has no fault. What it is also counts: a command that pushes, names files or URLs; a
 * command of which not all is known counts as every kind. No policy (NULL) needs none. Error:
 * -ENOMEM.
 */
int policy_needs_runner(const struct policy *policy, const struct request *request,
	const struct asker *asker, bool *ret);

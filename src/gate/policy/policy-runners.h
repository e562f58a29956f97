/* SPDX-License-Identifier: ISC */
#pragma once

#include "gate/policy/policy.h"

/*
 * Whether a verified runner is required for one of the request's kinds. A command has further kinds
 * if it runs git, or names files or URLs; it has every kind if a part of it is unknown. The request
 * must have no fault. `runners` may be NULL: none is required. Error: -ENOMEM.
 */
int policy_needs_runner(const struct runners *runners, const struct request *request,
	const struct asker *asker, bool *ret);

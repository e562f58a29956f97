/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Text that explains a decision: the deciding rule, the rules that nearly match, and a rule that
 * would allow the request.
 */

#include <stdbool.h>

#include "gate/allowlist/allowlist.h"
#include "gate/policy/policy.h"

/* The input. Strings and pointers belong to the caller. */
struct explanation_input {
	const struct policy *policy; /* NULL: no policy */
	const char *file;            /* the policy's file, escaped; NULL without a policy */
	const struct request *request;
	struct asker asker;
	enum decision otherwise; /* the daemon's default action */

	const struct allowlist *allowlist; /* NULL: none counts */
	bool self_approval;                /* entries count for who made them, too */
};

/*
 * Prints the explanation on standard output, as one line of JSON or for a person. Returns the exit
 * status.
 */
int explanation_print(const struct explanation_input *m, bool json);

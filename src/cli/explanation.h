/* SPDX-License-Identifier: ISC */
#pragma once

/* Which rule decides a request, which others nearly would, and what would allow it: as text. */

#include <stdbool.h>

#include "gate/policy/policy.h"

/* All that it takes; strings and pointers belong to the caller. */
struct explanation_input {
	const struct policy *policy; /* NULL: there is none */
	const char *file;            /* where it comes from, escaped; NULL without a policy */
	const struct request *request;
	struct asker asker;
	enum decision otherwise; /* the daemon's default action */
};

/* Prints it on standard output, as one line of JSON or for a person. The exit status. */
int explanation_print(const struct explanation_input *m, bool json);

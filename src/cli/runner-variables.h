/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the environment of a CI job says of it: in which CI it runs, and the members of its identity
 * (gate/runner/claims). The job can set these variables itself: they prove nothing.
 */

#include <stdbool.h>

#include "gate/runner/claims.h"

/* The CI that this process runs in; RUNNER_PROVIDERS if it is none that is known. */
enum runner_provider runner_variables_provider(void);

/*
 * Fills the identity; NULL for a member that no variable tells. With `confirmed`, only the members
 * that a token of this provider must confirm word for word. The strings are the environment's.
 */
void runner_variables_read(
	enum runner_provider provider, bool confirmed, const char *ret_identity[RUNNER_FIELDS]);

/* Prints that no CI is known here. Always returns STATUS_UNDECIDED. */
int runner_variables_say_unknown(void);

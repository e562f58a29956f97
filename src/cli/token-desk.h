/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The operator's desk: each pending request is shown as it comes, one at a time, and a key decides
 * about it. What others decide meanwhile is seen here, and the first decision counts.
 */

#include "cli/operator.h"

/* Until the person leaves, or the daemon does. Returns the status to end with. */
int token_desk_run(const struct operator_options *op, const char *key);

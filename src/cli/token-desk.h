/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The operator's desk: shows each pending request as it arrives, one at a time; a key decides about
 * it. Decisions of others are shown too, and the first decision counts.
 */

#include "cli/operator.h"

struct token_desk_options {
	const char *key; /* for signing; NULL: the usual one */
	bool bell;       /* ring when a request comes */
	bool title;      /* put the number that waits into the terminal's title */
};

/* Runs until the person quits or the daemon ends. Returns the exit status. */
int token_desk_run(const struct operator_options *op, const struct token_desk_options *options);

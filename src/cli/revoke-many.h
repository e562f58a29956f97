/* SPDX-License-Identifier: ISC */
#pragma once

/* Revokes many live tokens at once: the panic button of `firma token revoke`. */

#include "cli/operator.h"
#include "cli/token-selection.h"

/*
 * The daemon chooses the tokens, so that what arrives in the meantime is included. With a
 * `terminal` (else -1) those that are there now are listed on it, and a question is asked first.
 * `reason` may be NULL. Returns the exit status; the result has been printed.
 */
int revoke_many(const struct operator_options *op, const struct token_selection *selection,
	const char *reason, int terminal);

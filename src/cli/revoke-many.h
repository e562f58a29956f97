/* SPDX-License-Identifier: ISC */
#pragma once

/* Revokes many live tokens at once: the panic button of `firma token revoke`. */

#include "cli/operator.h"
#include "cli/token-selection.h"

/*
 * The daemon chooses the tokens, so tokens that arrive in the meantime are included. `terminal`: a
 * descriptor on which the present tokens are listed and a question is asked first; -1: without a
 * question. `reason` may be NULL. Returns the exit status; the result has been printed.
 */
int revoke_many(const struct operator_options *op, const struct token_selection *selection,
	const char *reason, int terminal);

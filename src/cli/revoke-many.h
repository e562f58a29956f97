/* SPDX-License-Identifier: ISC */
#pragma once

/* Revokes many live tokens at once: the panic button of `firma token revoke`. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "cli/operator.h"

/* At most one of these. */
struct revoke_selection {
	bool all, by_uid;
	uid_t uid;
	const char *session;
};

/* Whether a selection was made. */
bool revoke_selection_is_made(const struct revoke_selection *selection);

/*
 * Describes the selection for a question: "all tokens", "the tokens of uid 1000", "the tokens of
 * session 's 1'".
 */
int revoke_selection_describe(const struct revoke_selection *selection, struct bytes *b);

/* `reason` may be NULL. Returns the exit status; the result has been printed. */
int revoke_many(const struct operator_options *op, const struct revoke_selection *selection,
	const char *reason);

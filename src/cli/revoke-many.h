/* SPDX-License-Identifier: ISC */
#pragma once

/* Revoking whatever is live: the panic button of `firma token revoke`. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "cli/operator.h"

/* One of these, or none. */
struct revoke_selection {
	bool all, by_uid;
	uid_t uid;
	const char *session;
};

/* Whether anything is selected. */
bool revoke_selection_is_made(const struct revoke_selection *selection);

/* "all tokens", "the tokens of uid 1000", "the tokens of session 's 1'", for a question. */
int revoke_selection_describe(const struct revoke_selection *selection, struct bytes *b);

/* `reason` may be NULL. Returns the status to end with; what was done has been said. */
int revoke_many(const struct operator_options *op, const struct revoke_selection *selection,
	const char *reason);

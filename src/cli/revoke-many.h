/* SPDX-License-Identifier: ISC */
#pragma once

/* Revoking whatever is live: the panic button of `firma token revoke`. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/operator.h"

/* One of these, or none. */
struct selection {
	bool all, by_uid;
	uint64_t uid;
	const char *session;
};

/* Whether anything is selected. */
bool selection_is_made(const struct selection *selection);

/* A uid, or the name of a user. STATUS_DONE or STATUS_USAGE. */
int selection_take_uid(struct selection *selection, const struct verb *verb, const char *text);

/* "all tokens", "the tokens of uid 1000", "the tokens of session 's 1'", for a question. */
int selection_describe(const struct selection *selection, struct bytes *b);

/* `reason` may be NULL. Returns the status to end with; what was done has been said. */
int revoke_many(const struct operator* op, const struct selection *selection, const char *reason);

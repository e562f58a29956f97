/* SPDX-License-Identifier: ISC */
#pragma once

/* Sends the decision of a person who saw a token's card on the terminal, signed if needed. */

#include "cli/keyboard.h"
#include "cli/operator.h"
#include "cli/token-view.h"

struct desk_decision {
	enum action action;
	const char *reason; /* of a refusal; or NULL */
	bool always;
};

/*
 * The decision holds only for what was shown, and only if the token is still pending. `key`: for
 * signing; NULL: the usual one. While ssh-keygen signs, it uses the keyboard; after that, the
 * keyboard is switched back to keys. Returns STATUS_DONE; STATUS_UNDECIDED if nothing was decided,
 * so the person can be asked again; or the status of the daemon's refusal. Errors have been
 * printed.
 */
int desk_decide(const struct operator_options *op, const char *key, struct keyboard *keyboard,
	const struct token_view *token, const struct desk_decision *decision);

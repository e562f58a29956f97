/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Signs a decision about a token with ssh-keygen: keys, agents, passphrases, PINs and touches are
 * handled by OpenSSH. The signed text is built from the token's content as the daemon shows it. The
 * daemon's hash of the token (`record`) must match that content.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/operator.h"
#include "gate/approval/approval-text.h"

struct signing {
	const char *key;       /* file of a private or public key; NULL: don't sign */
	bool wanted;           /* sign even if the daemon requires no signature */
	bool approve;          /* false: the decision is a refusal */
	const uint8_t *record; /* SHA-256 of what was shown; NULL: of `shown` */
};

/* An addition to the allowlist, signed. */
struct signed_addition {
	struct bytes signature; /* armored; empty: none is needed */
	uint64_t time_ms;
	char nonce[2 * ADDITION_NONCE_LEN + 1];
};

/*
 * Signs the addition of an entry. `argv` is an object with this member. Returns a status; errors
 * have been printed.
 */
int signature_make_addition(const struct operator_options *op, const struct signing *signing,
	const struct addition *addition, const char *argv, struct signed_addition *ret);

/*
 * Appends the armored signature for the operation to `ret`, which stays empty if none is needed.
 * `shown` is the token's line as it was shown, or NULL. Returns a status; errors have been printed.
 */
int signature_make(const struct operator_options *op, const struct signing *signing,
	const struct operation *operation, const struct bytes *shown, struct bytes *ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Signing a decision about a token, with ssh-keygen: keys, agents, passphrases, PINs and touches
 * are OpenSSH's. The text is made from what the daemon shows of the token, and what the daemon says
 * that it is called (`record`) must be what it shows.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/operator.h"

struct signing {
	const char *key;       /* a key's file, private or public; NULL: nothing is signed */
	bool wanted;           /* sign also where the daemon says that it needs no signature */
	bool approve;          /* else it is a refusal */
	const uint8_t *record; /* SHA-256 of what was shown; NULL where that is `shown` */
};

/*
 * Appends the armored signature for the operation to `ret`, which stays empty where none is needed.
 * `shown` is the token's line as it was shown, or NULL. Returns a status; what is wrong has been
 * said.
 */
int signature_make(const struct operator_options *op, const struct signing *signing,
	const struct operation *operation, const struct bytes *shown, struct bytes *ret);

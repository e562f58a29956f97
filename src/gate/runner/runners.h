/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy's key `runners`: which kinds of requests need a verified runner, and whose tokens
 * verify one:
 *
 *	"runners": {"required": ["release", "git"],
 *		"oidc": [{"issuer": …}], "hmac": [{"key_id": …}]}
 */

#include <stdbool.h>
#include <stddef.h>

#include "gate/kind.h"
#include "gate/runner/issuer.h"
#include "gate/runner/signer.h"

struct runners {
	bool required[KINDS];
	struct runner_issuer *issuers;
	size_t n_issuers;
	struct runner_signer *signers;
	size_t n_signers;
};

/* Reads the value of the key; faults are added to `faults`. Error: -ENOMEM. */
int runners_read(const struct json *v, struct faults *faults, struct runners **ret);
void runners_free(struct runners *runners);
DEFINE_CLEANUP(struct runners *, runners_free)

/* Whether any kind of requests needs a verified runner. `r` may be NULL. */
bool runners_require_any(const struct runners *r);

/* NULL if there is none with this key ID. */
const struct runner_signer *runners_find_signer(const struct runners *r, const char *key_id);

/* Whether a signer may sign without a time, so that the signature can be replayed. */
bool runners_are_replayable(const struct runners *r);

/*
 * Whether the issuer is among them, and an identity that its token proves may have this member: a
 * claim, a member of enum runner_field, or "issuer".
 */
bool runners_have(const struct runners *r, const char *issuer, const char *claim);

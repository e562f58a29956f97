/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * An issuer's key set (RFC 7517): the keys that RS256 can use, by their IDs. All other keys are
 * left out, each with a warning: one of another type, use or algorithm, a short one, one without
 * ID, and all that have the same ID. Call rs256_load() before.
 */

#include <stddef.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/rs256.h"

struct jwks;

/* The text is not a key set, or has no key for RS256. */
enum { JWKS_FAULTY = 1 };

/*
 * Returns 0, JWKS_FAULTY with `why`, a sentence without its full stop, or -ENOMEM. Also appends the
 * warnings, one per line: "keys[3]: has fewer than 2048 bits: left out".
 */
int jwks_parse(
	const char *text, size_t len, struct bytes *why, struct bytes *warnings, struct jwks **ret);
void jwks_free(struct jwks *jwks);
DEFINE_CLEANUP(struct jwks *, jwks_free)

size_t jwks_size(const struct jwks *jwks);

/* NULL if the set has no key with this ID. */
const struct rs256_key *jwks_find(const struct jwks *jwks, const char *kid);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A runner's token: a JSON Web Token (RFC 7519) signed with RS256. The claims are read only after
 * the signature was verified. Embedded: JWT_INIT, jwt_verify() once, then the claims, then
 * jwt_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "gate/limits.h"
#include "gate/runner/jwks.h"
#include "gate/runner/refusal.h"

/* The name of this kind of proof on the wire. */
#define JWT_ALGORITHM "OIDC-JWT"

enum jwt_claim_kind {
	JWT_TEXT,
	JWT_NUMBER, /* a whole number from 0, without fraction and exponent */
	JWT_TRUE,
	JWT_FALSE,
	JWT_OTHER, /* any other number, null, an array, an object */
};

struct jwt_claim {
	const char *name;
	enum jwt_claim_kind kind;
	const char *text; /* of a text, and the digits of a number; else NULL */
	const char *json; /* the value as it stands in the token */
	size_t json_len;
};

/* It owns the strings. */
struct jwt {
	struct bytes header, body, signature; /* decoded */
	struct bytes texts;
	struct jwt_claim *claims;
	size_t n;
	uint8_t hash[SHA256_LEN]; /* of the whole token */
};

#define JWT_INIT                                                                    \
	{                                                                           \
		.header = BYTES_INIT(LIMIT_JWT), .body = BYTES_INIT(LIMIT_JWT),     \
		.signature = BYTES_INIT(LIMIT_JWT), .texts = BYTES_INIT(LIMIT_JWT), \
	}

void jwt_deinit(struct jwt *jwt);

/* What a token must be. */
struct jwt_demand {
	const struct jwks *keys;
	const char *issuer, *audience;
	uint64_t now; /* s since 1970 */
};

/*
 * Verifies a token in this order: its form, its header, the signature, then issuer, audience and
 * times. Returns RUNNER_FINE, another enum runner_refusal, or -ENOMEM.
 */
int jwt_verify(struct jwt *jwt, const struct jwt_demand *demand, const char *text, size_t len);

/*
 * For a client, before it sends a token. Checks the form of the token and, unless `audience` is
 * NULL, that the token names this audience. Verifies nothing. Returns as jwt_verify().
 */
int jwt_look(const char *text, size_t len, const char *audience);

/* NULL if the verified token has no such claim. */
const struct jwt_claim *jwt_claim(const struct jwt *jwt, const char *name);

/* The claim's text; NULL if it has another type or there is none. */
const char *jwt_text(const struct jwt *jwt, const char *name);

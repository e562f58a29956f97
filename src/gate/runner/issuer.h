/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * An issuer of runners' tokens, as the policy has it:
 *
 *	{"issuer": "https://token.actions.githubusercontent.com", "audience": "firma",
 *	 "jwks": "github.jwks.json", "max_age": "24h", "pin": {"repository_id": ["8231"], …}}
 *
 * A member whose absence would let more tokens pass is required. The strings belong to the
 *document.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json/tree.h"
#include "gate/policy/faults.h"
#include "gate/runner/claims.h"
#include "gate/runner/jwt.h"

/* A claim that must have one of some values. */
struct runner_pin {
	const char *claim;
	bool number;
	const char **values; /* patterns; for a number, its digits */
	size_t n;
	char *digits; /* holds the values of a number */
};

struct runner_issuer {
	const char *issuer, *audience;
	const char *jwks; /* the file of the key set, as written in the policy */
	uint64_t max_age; /* of the file, µs */
	enum runner_provider provider;
	const char *fields[RUNNER_FIELDS]; /* the claims that an identity is built from, or NULL */
	struct runner_pin *pins;
	size_t n_pins;
	bool reuse; /* one token may ask several questions */
};

/*
 * Reads an object; `place` is its place in the document, such as "runners.oidc[0]". Faults are
 * added to `faults`. Error: -ENOMEM.
 */
int runner_issuer_read(struct runner_issuer *issuer, const struct json *object, const char *place,
	struct faults *faults);
void runner_issuer_deinit(struct runner_issuer *issuer);

/* The pin of a claim; NULL if it has none. */
const struct runner_pin *runner_issuer_find_pin(
	const struct runner_issuer *issuer, const char *claim);

/* Whether this issuer's tokens are known to have the claim, or it is pinned. */
bool runner_issuer_has_claim(const struct runner_issuer *issuer, const char *claim);

/*
 * Checks the pins of a verified token, then appends its identity as "KEY=VALUE" texts (facts), each
 * ended by NUL, and counts them: the issuer, the identity's fields, then the other claims that are
 * known or pinned. Returns RUNNER_FINE, another enum runner_refusal with the claim at fault in
 * *ret_detail, or -ENOMEM.
 */
int runner_issuer_identify(const struct runner_issuer *issuer, const struct jwt *jwt,
	struct bytes *out, size_t *ret_n, const char **ret_detail);

/* The value of a key in a list of facts; NULL if it has none. */
const char *runner_facts_get(const char *facts, size_t n, const char *key);

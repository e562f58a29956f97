/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A CI runner that signs with a shared key (HMAC-SHA256), and the texts that it signs. A signature
 * proves only that the signer has the key: what it says about itself are claims.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "base/sha256.h"
#include "gate/policy/faults.h"
#include "gate/runner/claims.h"

#define RUNNER_HMAC_V1 "HMAC-SHA256"
#define RUNNER_HMAC_V2 "HMAC-SHA256-V2"

/* Hexadecimal digits of a random number that is used once, and of a signature. */
#define RUNNER_NONCE_HEX 32
#define RUNNER_HMAC_HEX 64

/* As the policy has it. The strings belong to the document. */
struct runner_signer {
	const char *key_id;
	const char *key; /* a credential's name, or a file, as written in the policy */
	bool accept_v1;  /* signatures without a time, which can be replayed */
};

/* Reads an object; `place` as for runner_issuer_read(). Error: -ENOMEM. */
int runner_signer_read(struct runner_signer *signer, const struct json *object, const char *place,
	struct faults *faults);

/* What a signature of the second form covers. */
struct runner_signed {
	const char *key_id, *nonce;
	uint64_t issued_at;          /* s since 1970 */
	const char *gate;            /* the gate's ID in hexadecimal digits */
	const char *const *identity; /* RUNNER_FIELDS texts; NULL: absent */
	const char *hash;            /* of the request, in hexadecimal digits */
};

/* Append the text that a signature of each form covers. Errors: those of bytes_append(). */
int runner_append_v2(const struct runner_signed *s, struct bytes *b);
int runner_append_v1(const char *const *identity, struct bytes *b);

/* Whether a text has a control character, which could make a value look like another line. */
bool runner_has_control(const char *text);

/* Whether the text is `n` hexadecimal digits in lower case. */
bool runner_is_hex(const char *text, size_t n);

/*
 * Hashes a request without its newline and without its member `runner_auth`: from the quote before
 * its key to the end of its value, with the comma before it, or after it if it is the first.
 * Returns 0, SCAN_REFUSED or -ENOMEM.
 */
int runner_hash_request(const char *line, size_t len, char ret[static 2 * SHA256_LEN + 1]);

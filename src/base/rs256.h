/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2). Verifies only.
 *
 * The arithmetic is hogweed's (a part of nettle). Call rs256_load() first: the library is loaded
 * only by a process that verifies. Its big numbers end the process when memory is exhausted, so a
 * lack of memory never verifies anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/sha256.h"

/* Bits of the modulus. */
#define RS256_BITS_MIN 2048
#define RS256_BITS_MAX 8192

/* Error: -ELIBACC with *ret_why. Later calls return the result of the first. */
int rs256_load(const char **ret_why);

struct rs256_key;

/* Why a key can't be used. */
enum rs256_fault {
	RS256_FINE,
	RS256_SHORT,    /* RS256_BITS_MIN */
	RS256_LONG,     /* RS256_BITS_MAX */
	RS256_EVEN,     /* the modulus is even */
	RS256_EXPONENT, /* not an odd number from 3 to 2^32 - 1 */
};

/* A sentence's end, such as "has fewer than 2048 bits". */
const char *rs256_fault_text(enum rs256_fault fault);

/*
 * Makes a key from its modulus and exponent, big-endian numbers. Call it only after rs256_load()
 * succeeded. Returns 0, an enum rs256_fault, or -ENOMEM.
 */
int rs256_key_new(const uint8_t *modulus, size_t modulus_len, const uint8_t *exponent,
	size_t exponent_len, struct rs256_key **ret);
void rs256_key_free(struct rs256_key *key);
DEFINE_CLEANUP(struct rs256_key *, rs256_key_free)

/* Whether the signature is the key's, and exactly as long as its modulus. */
bool rs256_verify(const struct rs256_key *key, const uint8_t hash[static SHA256_LEN],
	const uint8_t *signature, size_t len);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The keys of evidence, and their signatures. A secret key comes from a file that other users can't
 * read. Its memory is locked and guarded, and wiped when the key is freed.
 *
 * sodium_init() must have been called.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"

enum signature_algorithm { SIGNATURE_NONE, SIGNATURE_HMAC_SHA256, SIGNATURE_ED25519 };

/* Such as "HMAC-SHA256"; the inverse gives SIGNATURE_NONE for an unknown name. */
const char *signature_algorithm_name(enum signature_algorithm algorithm);
enum signature_algorithm signature_algorithm_parse(const char *name, size_t len);

/* The kind of key that a file holds. */
enum evidence_key_kind {
	EVIDENCE_KEY_SHARED,  /* for HMAC-SHA256: its bytes, without a newline at the end */
	EVIDENCE_KEY_PRIVATE, /* for Ed25519: PKCS #8 in PEM */
	EVIDENCE_KEY_PUBLIC,  /* for Ed25519: SubjectPublicKeyInfo in PEM; can't sign */
};

#define EVIDENCE_KEY_FILE_MAX 4096

/* The ID is derived from the key, so that two keys have different IDs. */
#define EVIDENCE_KEY_ID_LEN 16

struct evidence_key;

void evidence_key_free(struct evidence_key *key);
DEFINE_CLEANUP(struct evidence_key *, evidence_key_free)

/* The file is refused. */
enum { EVIDENCE_KEY_REFUSED = 1 };

/*
 * Reads a key. The file of a secret key must belong to `owner` or root, and be closed to all
 * others. With `service` (a credential of the service manager) its group may read it: the kernel
 * shows an access control list as the group's permission. Returns 0; EVIDENCE_KEY_REFUSED with the
 * fault appended to `why`, a sentence without its subject; or -ENOMEM.
 */
int evidence_key_load(const char *path, enum evidence_key_kind kind, uid_t owner, bool service,
	struct evidence_key **ret, struct bytes *why);

enum signature_algorithm evidence_key_algorithm(const struct evidence_key *key);
const char *evidence_key_id(const struct evidence_key *key);

/* A text to sign, in its parts. */
struct signed_text {
	const char *schema;
	const char *previous; /* or "" */
	const char *hash;
};

/* Appends the signature's value. `key` must not be EVIDENCE_KEY_PUBLIC. */
int evidence_key_sign(
	const struct evidence_key *key, const struct signed_text *text, struct bytes *b);

/* HMAC-SHA256 of any text. The key must be EVIDENCE_KEY_SHARED. */
#define EVIDENCE_KEY_HMAC_LEN 32
void evidence_key_hmac(const struct evidence_key *key, const char *text,
	uint8_t ret[static EVIDENCE_KEY_HMAC_LEN]);

/* Whether the value, exactly as written, is the text's signature. Error: -ENOMEM. */
int evidence_key_check(const struct evidence_key *key, const struct signed_text *text,
	const char *value, size_t len, bool *ret);

/* Makes an Ed25519 key pair: two texts in PEM, the private one in sodium_malloc()ed memory. */
int evidence_key_make_pair(char **ret_private, struct bytes *public_pem);

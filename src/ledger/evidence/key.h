/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The keys of evidence, and what is signed with them. A key that must stay secret comes from a file
 * that nobody else can read, lies in memory that is locked and guarded, and is wiped with it.
 *
 * sodium_init() must have been called.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"

enum signature_algorithm { SIGNATURE_NONE, SIGNATURE_HMAC_SHA256, SIGNATURE_ED25519 };

/* Such as "HMAC-SHA256"; the inverse gives SIGNATURE_NONE for what isn't one. */
const char *signature_algorithm_name(enum signature_algorithm algorithm);
enum signature_algorithm signature_algorithm_parse(const char *name, size_t len);

/* What a file holds. */
enum evidence_key_kind {
	EVIDENCE_KEY_SHARED,  /* for HMAC-SHA256: its bytes, without a newline at the end */
	EVIDENCE_KEY_PRIVATE, /* for Ed25519: PKCS #8 in PEM */
	EVIDENCE_KEY_PUBLIC,  /* for Ed25519: SubjectPublicKeyInfo in PEM; such a key only checks */
};

#define EVIDENCE_KEY_FILE_MAX 4096

/* A key's ID is made from it, so that no two keys are taken for one. */
#define EVIDENCE_KEY_ID_LEN 16

struct evidence_key;

void evidence_key_free(struct evidence_key *key);
DEFINE_CLEANUP(struct evidence_key *, evidence_key_free)

/* The file can't be taken. */
#define EVIDENCE_KEY_REFUSED 1

/*
 * Reads a key. A secret one must be a file of `owner`'s or root's, and closed to everybody else;
 * with `service` (it is a credential of the service manager's) its group may read it: that is how
 * the kernel shows an access control list. Returns 0, EVIDENCE_KEY_REFUSED with what is wrong with
 * it, a sentence without its subject, appended to `why`, or -ENOMEM.
 */
int evidence_key_load(const char *path, enum evidence_key_kind kind, uid_t owner, bool service,
	struct evidence_key **ret, struct bytes *why);

enum signature_algorithm evidence_key_algorithm(const struct evidence_key *key);
const char *evidence_key_id(const struct evidence_key *key);

/* A text that is signed, in its pieces. */
struct signed_text {
	const char *schema;
	const char *previous; /* or "" */
	const char *hash;
};

/* Appends the signature's value. Only with a key that is not EVIDENCE_KEY_PUBLIC. */
int evidence_key_sign(
	const struct evidence_key *key, const struct signed_text *text, struct bytes *b);

/* Whether the value, exactly as it would be written, is the text's. Error: -ENOMEM. */
int evidence_key_check(const struct evidence_key *key, const struct signed_text *text,
	const char *value, size_t len, bool *ret);

/* Makes a pair for Ed25519: two texts in PEM, the private one in sodium_malloc()ed memory. */
int evidence_key_make_pair(char **ret_private, struct bytes *public_pem);

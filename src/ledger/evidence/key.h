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

enum sign_algorithm { SIGN_NONE, SIGN_HMAC_SHA256, SIGN_ED25519 };

/* Such as "HMAC-SHA256"; the inverse gives SIGN_NONE for what isn't one. */
const char *sign_algorithm_name(enum sign_algorithm algorithm);
enum sign_algorithm sign_algorithm_parse(const char *name, size_t len);

/* What a file holds. */
enum sign_kind {
	SIGN_SHARED,  /* for HMAC-SHA256: its bytes, without a newline at the end */
	SIGN_PRIVATE, /* for Ed25519: PKCS #8 in PEM */
	SIGN_PUBLIC,  /* for Ed25519: SubjectPublicKeyInfo in PEM; such a key only checks */
};

#define SIGN_KEY_FILE_MAX 4096

/* A key's ID is made from it, so that no two keys are taken for one. */
#define SIGN_KEY_ID_LEN 16

struct sign_key;

void sign_key_free(struct sign_key *key);
DEFINE_CLEANUP(struct sign_key *, sign_key_free)

/* The file can't be taken. */
#define SIGN_REFUSED 1

/*
 * Reads a key. A secret one must be a file of `owner`'s or root's, and closed to everybody else;
 * with `service` (it is a credential of the service manager's) its group may read it: that is how
 * the kernel shows an access control list. Returns 0, SIGN_REFUSED with what is wrong with it, a
 * sentence without its subject, appended to `why`, or -ENOMEM.
 */
int sign_key_load(const char *path, enum sign_kind kind, uid_t owner, bool service,
	struct sign_key **ret, struct bytes *why);

enum sign_algorithm sign_key_algorithm(const struct sign_key *key);
const char *sign_key_id(const struct sign_key *key);

/* A text that is signed, in its pieces. */
struct sign_text {
	const char *schema;
	const char *previous; /* or "" */
	const char *hash;
};

/* Appends the signature's value. Only with a key that is not SIGN_PUBLIC. */
int sign_append(const struct sign_key *key, const struct sign_text *text, struct bytes *b);

/* Whether the value, exactly as it would be written, is the text's. Error: -ENOMEM. */
int sign_check(const struct sign_key *key, const struct sign_text *text, const char *value,
	size_t len, bool *ret);

/* Makes a pair for Ed25519: two texts in PEM, the private one in sodium_malloc()ed memory. */
int sign_make_pair(char **ret_private, struct bytes *public_pem);

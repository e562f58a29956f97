/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Signatures as `ssh-keygen -Y sign` makes them (OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f), with
 * SHA-512 and keys of two types: ssh-ed25519 and sk-ssh-ed25519@openssh.com. sshsig_parse(), then
 * sshsig_verify(). Pure functions.
 *
 * Each signature is accepted in one form only: the armor has lines of one width with nothing before
 * or after it, base64 has no spare bits, the blob has no spare bytes. So no byte of a signature can
 * be changed without the signature being refused.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The longest armor that is accepted. */
#define SSHSIG_MAX 4096

#define SSHSIG_KEY_LEN 32
#define SSHSIG_SIGNATURE_LEN 64
#define SSHSIG_APPLICATION_MAX 255

/* The namespaces of firma's signatures. */
#define SSHSIG_APPROVAL "firma.approval.v1"
#define SSHSIG_ALLOW "firma.allow.v1"
#define SSHSIG_RELEASE "firma.release"

/* A public key. A security key also has an application, such as "ssh:". */
struct sshsig_key {
	bool security_key;
	uint8_t public[SSHSIG_KEY_LEN];
	char application[SSHSIG_APPLICATION_MAX + 1]; /* "" for a plain key */
};

/* How a security key was used, as it says itself. */
#define SSHSIG_TOUCHED 0x01
#define SSHSIG_VERIFIED 0x04 /* by PIN or fingerprint */

struct sshsig {
	struct sshsig_key key;
	uint8_t signature[SSHSIG_SIGNATURE_LEN];
	uint8_t flags;    /* 0 for a plain key */
	uint32_t counter; /* 0 for a plain key, and for a security key without a counter */
};

enum sshsig_fault {
	SSHSIG_FINE,
	SSHSIG_TOO_LONG,
	SSHSIG_NOT_ARMORED,
	SSHSIG_TRAILING,
	SSHSIG_NOT_BASE64,
	SSHSIG_MALFORMED,
	SSHSIG_OTHER_VERSION,
	SSHSIG_OTHER_KEY_TYPE,
	SSHSIG_OTHER_NAMESPACE,
	SSHSIG_OTHER_HASH,
	SSHSIG_OTHER_FLAGS,
	SSHSIG_WRONG, /* well-formed, but not this key's signature of this text */
};

/*
 * A sentence without its full stop, such as "the signature is not armored as ssh-keygen does it".
 */
const char *sshsig_fault_text(enum sshsig_fault fault);

/*
 * Reads the armor of a signature made in this namespace. One newline may follow the last line. *ret
 * is untouched unless the result is SSHSIG_FINE.
 */
enum sshsig_fault sshsig_parse(
	const char *armor, size_t len, const char *name_space, struct sshsig *ret);

/* Whether it is the key's signature of this text in this namespace: SSHSIG_FINE or SSHSIG_WRONG. */
enum sshsig_fault sshsig_verify(
	const struct sshsig *s, const char *name_space, const void *text, size_t len);

/*
 * Reads the base64 of a public key, as in a .pub file after the type's name. Returns SSHSIG_FINE,
 * SSHSIG_NOT_BASE64, SSHSIG_MALFORMED or SSHSIG_OTHER_KEY_TYPE.
 */
enum sshsig_fault sshsig_parse_key(
	const char *type, size_t type_len, const char *base64, size_t len, struct sshsig_key *ret);

bool sshsig_key_is_same(const struct sshsig_key *a, const struct sshsig_key *b);

/* Appends "SHA256:…", as ssh-keygen -l shows a key. Errors: those of bytes_append(). */
int sshsig_key_append_fingerprint(const struct sshsig_key *key, struct bytes *b);

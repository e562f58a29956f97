/* SPDX-License-Identifier: ISC */
#pragma once

/* The kind of key that an approver signs with, as far as the key's file tells. */

enum approver_key {
	APPROVER_KEY_UNKNOWN,  /* in an agent, or in an unknown format */
	APPROVER_KEY_OPEN,     /* a private key without a passphrase */
	APPROVER_KEY_LOCKED,   /* a private key with a passphrase */
	APPROVER_KEY_SECURITY, /* a security key's, which may require a touch */
};

/* `path` is the path of the private key or of the public key. */
enum approver_key approver_key_look(const char *path);

/* The value of $FIRMA_APPROVER_KEY; NULL if it is unset or empty. */
const char *approver_key_usual(void);

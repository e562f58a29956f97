/* SPDX-License-Identifier: ISC */
#pragma once

/* The key that an approver signs with, as far as its file tells. */

enum approver_key {
	APPROVER_KEY_UNKNOWN,  /* in an agent, or of another form */
	APPROVER_KEY_OPEN,     /* a private key without a passphrase */
	APPROVER_KEY_LOCKED,   /* one with a passphrase */
	APPROVER_KEY_SECURITY, /* of a security key, which may want to be touched */
};

/* `path` is that of the private key, or of the public one. */
enum approver_key approver_key_look(const char *path);

/* $FIRMA_APPROVER_KEY; NULL where it is not set, or empty. */
const char *approver_key_usual(void);

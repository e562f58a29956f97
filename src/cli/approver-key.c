/* SPDX-License-Identifier: ISC */

/* OpenSSH key files: a public key's type, and a private key's cipher. */

#include "cli/approver-key.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"

/* The first bytes of an unencrypted private key (PROTOCOL.key): the magic and the cipher's name. */
static const char open_start[] = "openssh-key-v1\0\0\0\0\004none";

static bool read_start(const char *path, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return false;
	n = fread(ret, 1, size - 1, file);
	ret[n] = '\0';
	fclose(file);
	return true;
}

static bool is_security_key(const char *path)
{
	char pub[4096], start[8];

	snprintf(pub, sizeof(pub), "%s.pub", path);
	return (read_start(pub, start, sizeof(start)) || read_start(path, start, sizeof(start)))
		&& strncmp(start, "sk-", 3) == 0;
}

enum approver_key approver_key_look(const char *path)
{
	char text[sizeof(BEGIN) + 32];
	unsigned char start[24];
	size_t n;

	if (is_security_key(path))
		return APPROVER_KEY_SECURITY;
	if (!read_start(path, text, sizeof(text)) || strncmp(text, BEGIN, strlen(BEGIN)) != 0)
		return APPROVER_KEY_UNKNOWN;

	/* 32 characters of base64 are 24 bytes, one more than is compared. */
	if (sodium_base642bin(start, sizeof(start), text + strlen(BEGIN), 32, NULL, &n, NULL,
		    sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
			!= 0
		|| n != sizeof(start))
		return APPROVER_KEY_UNKNOWN;
	return memcmp(start, open_start, sizeof(open_start) - 1) == 0 ? APPROVER_KEY_OPEN
								      : APPROVER_KEY_LOCKED;
}

const char *approver_key_usual(void)
{
	const char *path = getenv("FIRMA_APPROVER_KEY");

	return path && path[0] ? path : NULL;
}

/* SPDX-License-Identifier: ISC */

/* Base64url, by libsodium, which also checks the unused bits of the last character. */

#include "base/base64url.h"

#include <sodium.h>
#include <stdbool.h>

/* libsodium 1.0.18 takes some other bytes for the last character of the alphabet. */
static bool is_in_alphabet(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
		|| c == '-' || c == '_';
}

int base64url_decode(const char *text, size_t len, struct bytes *out)
{
	const size_t size = len / 4 * 3 + 3;
	size_t n;
	char *room;
	int r;

	for (size_t i = 0; i < len; i++)
		if (!is_in_alphabet(text[i]))
			return BASE64URL_MALFORMED;

	r = bytes_reserve(out, size, &room);
	if (r < 0)
		return r;
	if (sodium_base642bin((unsigned char *)room, size, text, len, NULL, &n, NULL,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING)
		!= 0)
		return BASE64URL_MALFORMED;

	bytes_grew(out, n);
	return 0;
}

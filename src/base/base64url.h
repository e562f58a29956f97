/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Base64url (RFC 4648, section 5) without padding, as in a JSON Web Token. There is exactly one
 * text for each sequence of bytes: padding, blanks, and bits that no byte uses are refused.
 */

#include <stddef.h>

#include "base/bytes.h"

/* The text is not base64url. */
enum { BASE64URL_MALFORMED = 1 };

/* Appends the decoded bytes. Returns 0, BASE64URL_MALFORMED, or what bytes_append() gives. */
int base64url_decode(const char *text, size_t len, struct bytes *out);

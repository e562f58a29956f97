/* SPDX-License-Identifier: ISC */
#pragma once

/* UTF-8 (RFC 3629): no overlong form, no surrogate, nothing beyond U+10FFFF. Pure functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first code point of `len` (> 0) bytes. Returns its length (1 to 4), or 0 if the bytes
 * are not valid; *ret is then untouched.
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret);

/* The inverse of utf8_decode(), for any number below 0x200000. Returns the length. */
size_t utf8_encode(uint32_t code, char ret[static 4]);

/* Whether the whole text is valid UTF-8. NUL bytes are valid here, and so is the empty text. */
bool utf8_is_valid(const char *text, size_t len);

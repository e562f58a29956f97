/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Finds the characters that stand unescaped in a JSON string, for the lexer and the writer. Plain
 * ASCII is by far the most common text, so it is read eight bytes at a time. Inline, since most
 * strings are short.
 */

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A word of eight equal bytes. */
#define PLAIN_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The lowest bit set marks the first zero byte. All bytes must be below 0x80. */
static inline uint64_t plain_zero_bits(uint64_t word)
{
	return (word - PLAIN_EACH(0x01)) & PLAIN_EACH(0x80);
}

/* The lowest bit set marks the first byte that is not a plain character of a string. */
static inline uint64_t plain_special_bits(uint64_t word)
{
	uint64_t high = word & PLAIN_EACH(0x80), low = word & PLAIN_EACH(0x7f);

	return high | ((low - PLAIN_EACH(0x20)) & PLAIN_EACH(0x80))
		| plain_zero_bits(low ^ PLAIN_EACH('"')) | plain_zero_bits(low ^ PLAIN_EACH('\\'));
}

static inline bool plain_is(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/*
 * The length of the plain prefix: printable ASCII, DEL included, without '"' and '\\'.
 */
static inline size_t json_plain_len(const char *text, size_t len)
{
	uint64_t word, bits;
	size_t i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		bits = plain_special_bits(le64toh(word));
		if (bits != 0)
			return i + (unsigned int)__builtin_ctzll(bits) / 8;
	}
	while (i < len && plain_is(text[i]))
		i++;
	return i;
}

/* SPDX-License-Identifier: ISC */

/* Plain ASCII is by far the most common text, so it is read eight bytes at a time. */

#include "base/json/plain.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A word of eight equal bytes. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The lowest bit set marks the first zero byte. All bytes must be below 0x80. */
static uint64_t zero_bits(uint64_t word)
{
	return (word - EACH(0x01)) & EACH(0x80);
}

/* The lowest bit set marks the first byte that is not a plain character of a string. */
static uint64_t special_bits(uint64_t word)
{
	uint64_t high = word & EACH(0x80), low = word & EACH(0x7f);

	return high | ((low - EACH(0x20)) & EACH(0x80)) | zero_bits(low ^ EACH('"'))
		| zero_bits(low ^ EACH('\\'));
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

size_t json_plain_len(const char *text, size_t len)
{
	uint64_t word, bits;
	size_t i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		bits = special_bits(le64toh(word));
		if (bits != 0)
			return i + (unsigned int)__builtin_ctzll(bits) / 8;
	}
	while (i < len && is_plain(text[i]))
		i++;
	return i;
}

/* SPDX-License-Identifier: ISC */

#include "base/utf8.h"

#include <string.h>

static bool is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *ret)
{
	/* The smallest code point that needs this number of bytes. */
	static const uint32_t least[] = { [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	unsigned char lead = (unsigned char)text[0];
	size_t size;
	uint32_t c;

	if (lead < 0x80) {
		*ret = lead;
		return 1;
	} else if ((lead & 0xE0) == 0xC0) {
		size = 2;
		c = lead & 0x1F;
	} else if ((lead & 0xF0) == 0xE0) {
		size = 3;
		c = lead & 0x0F;
	} else if ((lead & 0xF8) == 0xF0) {
		size = 4;
		c = lead & 0x07;
	} else {
		return 0;
	}

	if (len < size)
		return 0;

	for (size_t i = 1; i < size; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xC0) != 0x80)
			return 0;

		c = c << 6 | (next & 0x3F);
	}

	if (c < least[size] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;

	*ret = c;
	return size;
}

size_t utf8_encode(uint32_t code, char ret[static 4])
{
	if (code < 0x80) {
		ret[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		ret[0] = (char)(0xc0 | code >> 6);
		ret[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		ret[0] = (char)(0xe0 | code >> 12);
		ret[1] = (char)(0x80 | (code >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | code >> 18);
	ret[1] = (char)(0x80 | (code >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (code >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* The length of the ASCII prefix, rounded down to a multiple of eight. */
static size_t ascii_words(const char *text, size_t len)
{
	uint64_t word;
	size_t i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}

	return i;
}

bool utf8_is_valid(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t c;
		size_t n;

		n = is_ascii(text[i]) ? ascii_words(text + i, len - i) : 0;
		if (n == 0)
			n = utf8_decode(text + i, len - i, &c);
		if (n == 0)
			return false;

		i += n;
	}

	return true;
}

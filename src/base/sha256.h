/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * SHA-256 (FIPS 180-4): sha256_init(), sha256_update() as often as one likes, sha256_final(); or
 * all at once. Nothing fails and nothing is to be freed.
 *
 * libsodium's is always there. nettle's takes a quarter of the time where the processor has
 * instructions for it, but a fifth of a millisecond and 300 KiB to load, so that it is loaded by a
 * process of which much is expected. Where it can't be, libsodium's goes on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct sha256 {
	bool by_nettle;
	_Alignas(16) unsigned char state[112];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
void sha256_final(struct sha256 *s, uint8_t ret[static SHA256_LEN]);

void sha256_of(const void *data, size_t len, uint8_t ret[static SHA256_LEN]);

/* Before sha256_init(), of what is more than a few lines: so many bytes will come. */
void sha256_expect(uint64_t n);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * SHA-256 (FIPS 180-4): sha256_init(), sha256_update() any number of times, sha256_final(); or one
 * call for all. Nothing can fail and nothing needs to be freed.
 *
 * libsodium's is always available. nettle's takes a quarter of the time if the processor has
 * instructions for SHA-256, but loading it costs a fifth of a millisecond and 300 KiB. So nettle is
 * loaded only by a process that has much to hash. If it can't be loaded, libsodium is used.
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

/* Call before sha256_init() if more than a few lines will be hashed: the number of bytes. */
void sha256_expect(uint64_t n);

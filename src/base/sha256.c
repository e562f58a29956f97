/* SPDX-License-Identifier: ISC */

/* SHA-256. A hash is finished by the library that began it. */

#include "base/sha256.h"

#include <nettle/sha2.h>
#include <sodium.h>

#include "base/array.h"
#include "base/library.h"

/* nettle's header defines macros with these names. */
#undef sha256_init
#undef sha256_update
#undef sha256_digest

#define NETTLE_LIBRARY "libnettle.so.8"

LIBRARY_NOTE(note, "sha256", "The processor's own SHA-256", "recommended", NETTLE_LIBRARY);

/* From this many bytes on, nettle saves more time than loading it takes. */
#define MUCH (UINT64_C(128) << 10)

static struct {
	__typeof__(nettle_sha256_init) *init;
	__typeof__(nettle_sha256_update) *update;
	__typeof__(nettle_sha256_digest) *digest;
} nettle;

static uint64_t expected;
static bool tried, loaded;

static const struct library_function functions[] = {
	{ "nettle_sha256_init", offsetof(__typeof__(nettle), init) },
	{ "nettle_sha256_update", offsetof(__typeof__(nettle), update) },
	{ "nettle_sha256_digest", offsetof(__typeof__(nettle), digest) },
};

_Static_assert(SHA256_LEN == crypto_hash_sha256_BYTES, "SHA-256");
_Static_assert(SHA256_LEN == SHA256_DIGEST_SIZE, "SHA-256");
_Static_assert(sizeof(((struct sha256 *)NULL)->state) >= sizeof(crypto_hash_sha256_state), "room");
_Static_assert(sizeof(((struct sha256 *)NULL)->state) >= sizeof(struct sha256_ctx), "room");

static struct sha256_ctx *of_nettle(struct sha256 *s)
{
	return (struct sha256_ctx *)(void *)s->state;
}

static crypto_hash_sha256_state *of_sodium(struct sha256 *s)
{
	return (crypto_hash_sha256_state *)(void *)s->state;
}

static void load(void)
{
	const char *why; /* not reported: libsodium gives the same result */

	tried = true;
	loaded = library_load(NETTLE_LIBRARY, functions, LENGTH(functions), &nettle, &why) >= 0;
}

void sha256_expect(uint64_t n)
{
	expected = n < MUCH ? expected + n : MUCH;
	if (!tried && expected >= MUCH)
		load();
}

void sha256_init(struct sha256 *s)
{
	s->by_nettle = loaded;
	if (loaded)
		nettle.init(of_nettle(s));
	else
		crypto_hash_sha256_init(of_sodium(s));
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	if (s->by_nettle)
		nettle.update(of_nettle(s), len, data);
	else
		crypto_hash_sha256_update(of_sodium(s), data, len);
}

void sha256_final(struct sha256 *s, uint8_t ret[static SHA256_LEN])
{
	if (s->by_nettle)
		nettle.digest(of_nettle(s), SHA256_LEN, ret);
	else
		crypto_hash_sha256_final(of_sodium(s), ret);
}

void sha256_of(const void *data, size_t len, uint8_t ret[static SHA256_LEN])
{
	struct sha256 s;

	sha256_expect(len);
	sha256_init(&s);
	sha256_update(&s, data, len);
	sha256_final(&s, ret);
}

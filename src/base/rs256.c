/* SPDX-License-Identifier: ISC */

/* RS256 by hogweed, and the GMP that it is linked with. */

#include "base/rs256.h"

#include <errno.h>
#include <nettle/bignum.h>
#include <nettle/rsa.h>

#include "base/array.h"
#include "base/library.h"

#define LIBRARY "libhogweed.so.6"

LIBRARY_NOTE(note, "rs256", "Tokens of CI runners (OpenID Connect)", "recommended", LIBRARY);

/* The symbol that a macro of a header stands for. */
#define SYMBOL(name) SYMBOL_OF(name)
#define SYMBOL_OF(name) #name

static struct {
	__typeof__(rsa_public_key_init) *init;
	__typeof__(rsa_public_key_clear) *clear;
	__typeof__(rsa_public_key_prepare) *prepare;
	__typeof__(rsa_sha256_verify_digest) *verify;
	__typeof__(nettle_mpz_set_str_256_u) *set;
	__typeof__(nettle_mpz_init_set_str_256_u) *init_set;
	__typeof__(mpz_clear) *clear_number;
} hogweed;

static const struct library_function functions[] = {
	{ SYMBOL(rsa_public_key_init), offsetof(__typeof__(hogweed), init) },
	{ SYMBOL(rsa_public_key_clear), offsetof(__typeof__(hogweed), clear) },
	{ SYMBOL(rsa_public_key_prepare), offsetof(__typeof__(hogweed), prepare) },
	{ SYMBOL(rsa_sha256_verify_digest), offsetof(__typeof__(hogweed), verify) },
	{ SYMBOL(nettle_mpz_set_str_256_u), offsetof(__typeof__(hogweed), set) },
	{ SYMBOL(nettle_mpz_init_set_str_256_u), offsetof(__typeof__(hogweed), init_set) },
	{ SYMBOL(mpz_clear), offsetof(__typeof__(hogweed), clear_number) },
};

struct rs256_key {
	struct rsa_public_key rsa;
};

int rs256_load(const char **ret_why)
{
	static const char *why;
	static bool tried, loaded;

	if (!tried) {
		tried = true;
		loaded = library_load(LIBRARY, functions, LENGTH(functions), &hogweed, &why) >= 0;
	}
	*ret_why = why;
	return loaded ? 0 : -ELIBACC;
}

const char *rs256_fault_text(enum rs256_fault fault)
{
	static const char *const texts[] = {
		[RS256_FINE] = "is fine",
		[RS256_SHORT] = "has fewer than 2048 bits",
		[RS256_LONG] = "has more than 8192 bits",
		[RS256_EVEN] = "has an even modulus",
		[RS256_EXPONENT] = "has no usable exponent",
	};

	_Static_assert(RS256_BITS_MIN == 2048 && RS256_BITS_MAX == 8192, "the texts name these");
	return texts[fault];
}

static void skip_zeros(const uint8_t **number, size_t *len)
{
	while (*len > 0 && **number == 0) {
		++*number;
		--*len;
	}
}

static size_t count_bits(const uint8_t *number, size_t len)
{
	size_t bits = 8 * len;

	for (unsigned int bit = 0x80; len > 0 && !(number[0] & bit); bit >>= 1)
		bits--;
	return bits;
}

static enum rs256_fault find_fault(
	const uint8_t *modulus, size_t modulus_len, const uint8_t *exponent, size_t exponent_len)
{
	const size_t bits = count_bits(modulus, modulus_len);

	if (bits < RS256_BITS_MIN)
		return RS256_SHORT;
	if (bits > RS256_BITS_MAX)
		return RS256_LONG;
	if (!(modulus[modulus_len - 1] & 1))
		return RS256_EVEN;
	if (exponent_len == 0 || exponent_len > 4 || !(exponent[exponent_len - 1] & 1)
		|| (exponent_len == 1 && exponent[0] < 3))
		return RS256_EXPONENT;
	return RS256_FINE;
}

int rs256_key_new(const uint8_t *modulus, size_t modulus_len, const uint8_t *exponent,
	size_t exponent_len, struct rs256_key **ret)
{
	cleanup(rs256_key_free_p) struct rs256_key *key = NULL;
	enum rs256_fault fault;

	skip_zeros(&modulus, &modulus_len);
	skip_zeros(&exponent, &exponent_len);
	fault = find_fault(modulus, modulus_len, exponent, exponent_len);
	if (fault != RS256_FINE)
		return (int)fault;

	key = malloc(sizeof(*key));
	if (!key)
		return -ENOMEM;
	hogweed.init(&key->rsa);
	hogweed.set(key->rsa.n, modulus_len, modulus);
	hogweed.set(key->rsa.e, exponent_len, exponent);
	if (!hogweed.prepare(&key->rsa))
		return RS256_EVEN;

	*ret = steal_ptr(key);
	return 0;
}

void rs256_key_free(struct rs256_key *key)
{
	if (!key)
		return;

	hogweed.clear(&key->rsa);
	free(key);
}

bool rs256_verify(const struct rs256_key *key, const uint8_t hash[static SHA256_LEN],
	const uint8_t *signature, size_t len)
{
	mpz_t number;
	bool holds;

	if (len != key->rsa.size)
		return false;

	hogweed.init_set(number, len, signature);
	holds = hogweed.verify(&key->rsa, hash, number);
	hogweed.clear_number(number);
	return holds;
}

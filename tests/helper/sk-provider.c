/* SPDX-License-Identifier: ISC */

/*
 * A security key made of software, for the tests: OpenSSH loads it by SSH_SK_PROVIDER (see its
 * sk-api.h; PROTOCOL.u2f describes the signed data). The key handle is the private key, so no file
 * but the key file is needed. Ed25519 only.
 *
 * The directory $FIRMA_TEST_SK may hold
 *   counter    the count of signatures, decimal; each signature adds one
 *   pin        the PIN of keys that were made with -O verify-required
 *   untouched  the key is not touched: the flag is not set, even if the key requires it
 *   slow       each signature waits until the file is gone
 *
 * Built as a shared object of its own: tests/sk-provider.so.
 */

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SK_API_VERSION
#define SK_API_VERSION 0x000a0000
#endif

#define FLAG_PRESENCE 0x01
#define FLAG_VERIFICATION 0x04
#define ALGORITHM_ED25519 0x01

#define ERROR_GENERAL -1
#define ERROR_UNSUPPORTED -2
#define ERROR_PIN_REQUIRED -3

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

struct sk_option;
struct sk_resident_key;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
	uint8_t flags, const char *pin, struct sk_option **options,
	struct sk_enroll_response **ret);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **ret);
int sk_load_resident_keys(
	const char *pin, struct sk_option **options, struct sk_resident_key ***ret, size_t *ret_n);

static FILE *open_here(const char *name, const char *mode)
{
	const char *dir = getenv("FIRMA_TEST_SK");
	char path[4096];

	if (!dir)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, mode);
}

static bool is_here(const char *name)
{
	FILE *file = open_here(name, "re");

	if (file)
		fclose(file);
	return file != NULL;
}

static uint32_t count(void)
{
	unsigned int n = 0;
	FILE *file = open_here("counter", "re");

	if (file) {
		if (fscanf(file, "%u", &n) != 1)
			n = 0;
		fclose(file);
	}
	file = open_here("counter", "we");
	if (file) {
		fprintf(file, "%u\n", n + 1);
		fclose(file);
	}
	return n + 1;
}

static bool pin_fits(const char *given)
{
	FILE *file = open_here("pin", "re");
	char pin[128] = "";

	if (!file)
		return true;
	if (fgets(pin, sizeof(pin), file))
		pin[strcspn(pin, "\n")] = '\0';
	fclose(file);
	return given && strcmp(given, pin) == 0;
}

static uint8_t *copy(const void *data, size_t len, size_t *ret_len)
{
	uint8_t *copied = malloc(len);

	if (!copied)
		abort();
	memcpy(copied, data, len);
	*ret_len = len;
	return copied;
}

uint32_t sk_api_version(void)
{
	return SK_API_VERSION;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
	uint8_t flags, const char *pin, struct sk_option **options, struct sk_enroll_response **ret)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
	struct sk_enroll_response *response;

	(void)challenge;
	(void)challenge_len;
	(void)application;
	(void)options;
	if (alg != ALGORITHM_ED25519 || sodium_init() < 0)
		return ERROR_UNSUPPORTED;
	if ((flags & FLAG_VERIFICATION) && !pin_fits(pin))
		return ERROR_PIN_REQUIRED;

	response = calloc(1, sizeof(*response));
	if (!response)
		return ERROR_GENERAL;
	crypto_sign_keypair(public, secret);
	response->flags = flags;
	response->public_key = copy(public, sizeof(public), &response->public_key_len);
	response->key_handle = copy(secret, sizeof(secret), &response->key_handle_len);
	response->signature = copy("none", 4, &response->signature_len);
	*ret = response;
	return 0;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	struct sk_option **options, struct sk_sign_response **ret)
{
	uint8_t signature[crypto_sign_BYTES];
	struct sk_sign_response *response;
	struct {
		uint8_t application[crypto_hash_sha256_BYTES];
		uint8_t flags;
		uint8_t counter[4];
		uint8_t message[crypto_hash_sha256_BYTES];
	} text;

	(void)options;
	if (alg != ALGORITHM_ED25519 || key_handle_len != crypto_sign_SECRETKEYBYTES
		|| sodium_init() < 0)
		return ERROR_UNSUPPORTED;
	if ((flags & FLAG_VERIFICATION) && !pin_fits(pin))
		return ERROR_PIN_REQUIRED;
	while (is_here("slow"))
		usleep(10000);

	response = calloc(1, sizeof(*response));
	if (!response)
		return ERROR_GENERAL;
	response->flags = flags & (FLAG_PRESENCE | FLAG_VERIFICATION);
	if (is_here("untouched"))
		response->flags &= (uint8_t)~FLAG_PRESENCE;
	response->counter = count();

	_Static_assert(sizeof(text) == 2 * crypto_hash_sha256_BYTES + 5, "no padding");
	crypto_hash_sha256(text.application, (const uint8_t *)application, strlen(application));
	text.flags = response->flags;
	for (int i = 0; i < 4; i++)
		text.counter[i] = (uint8_t)(response->counter >> (24 - 8 * i));
	crypto_hash_sha256(text.message, data, data_len);
	crypto_sign_detached(signature, NULL, (const uint8_t *)&text, sizeof(text), key_handle);
	response->sig_r = copy(signature, sizeof(signature), &response->sig_r_len);
	*ret = response;
	return 0;
}

int sk_load_resident_keys(
	const char *pin, struct sk_option **options, struct sk_resident_key ***ret, size_t *ret_n)
{
	(void)pin;
	(void)options;
	(void)ret;
	(void)ret_n;
	return ERROR_UNSUPPORTED;
}

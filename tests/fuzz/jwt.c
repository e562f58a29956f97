/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes what reads runners' tokens. The first byte says which: a token, the header and claims of
 * one (which are encoded here), a key set, or an issuer of the policy.
 *
 * No token holds, whatever it says: no key of ours signed it. A key set is the same when it is read
 * again. An issuer has a pin and an https URL, or a fault.
 */

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gate/runner/issuer.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key that nobody has the other half of: it was deleted. */
static const char key_set[] =
	"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"e\":\"AQAB\",\"n\":\""
	"65C87gtBQ2I-"
	"yO485kBF4kzFDJNO1MIyio0UdDhXMuc1XORTNsNrbOwEB_4agNitbtoeaPI93xD4iA41hi9zCq9zgI1MlJ0is4Ul"
	"W7E2mNOEHUlWlCC9CV49GTwvgniqeLQdYUDyqRPZRJ5mwYOW7vqV3f47u-"
	"_DfTDE2yfeTKUFeb6b2ib8sJwklxr17ujNesbWCv9yGIRYn4NhAhf9uPK-"
	"Fq_8d6FmJdZ_W89I1nI3Ogtx4dPFhkRlyXzKahCSauaueFVdO8MQWSBNfHs74G4ROKQDO_x-"
	"Xj3_7PR_ShFc14TVhmis5UwuCzzX3mxYi9qh6jGFc_kHy87UsEg-UQ\"}]}";

static struct jwks *keys;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct jwks *read_keys(const char *text, size_t len, struct bytes *warnings)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct jwks *set = NULL;
	int r = jwks_parse(text, len, &why, warnings, &set);

	must((r == 0 && set && jwks_size(set) > 0) || (r == JWKS_FAULTY && !set && why.len > 0));
	return set;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	cleanup(bytes_deinit) struct bytes warnings = BYTES_PRINTED;
	const char *why;

	(void)argc;
	(void)argv;
	must(sodium_init() >= 0 && rs256_load(&why) == 0);
	keys = read_keys(key_set, sizeof(key_set) - 1, &warnings);
	must(keys != NULL);
	return 0;
}

static void try_token(const char *text, size_t len)
{
	const struct jwt_demand demand = {
		.keys = keys,
		.issuer = "https://example.org",
		.audience = "firma",
		.now = 1796000000,
	};
	struct jwt jwt = JWT_INIT;
	int r = jwt_verify(&jwt, &demand, text, len);

	must(r > RUNNER_FINE && r <= RUNNER_SIGNATURE);
	must(runner_refusal_name((enum runner_refusal)r) != NULL);
	must(jwt.n == 0);
	jwt_deinit(&jwt);
}

static void append_part(struct bytes *token, const uint8_t *data, size_t size)
{
	char text[2 * 4096];

	sodium_bin2base64(text, sizeof(text), data, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	must(bytes_append_str(token, text) >= 0);
}

static void try_parts(const uint8_t *data, size_t size)
{
	cleanup(bytes_deinit) struct bytes token = BYTES_PRINTED;
	const uint8_t *split = memchr(data, '\n', size);
	uint8_t signature[256] = { 1 };

	if (size > 4096 || !split)
		return;
	append_part(&token, data, (size_t)(split - data));
	must(bytes_append_char(&token, '.') >= 0);
	append_part(&token, split + 1, size - (size_t)(split + 1 - data));
	must(bytes_append_char(&token, '.') >= 0);
	append_part(&token, signature, sizeof(signature));
	try_token(bytes_str(&token), token.len);
}

static void try_keys(const char *text, size_t len)
{
	cleanup(bytes_deinit) struct bytes first = BYTES_PRINTED, second = BYTES_PRINTED;
	cleanup(jwks_free_p) struct jwks *set = read_keys(text, len, &first);
	cleanup(jwks_free_p) struct jwks *again = read_keys(text, len, &second);

	must(!set == !again && strcmp(bytes_str(&first), bytes_str(&second)) == 0);
	must(!set || jwks_size(set) == jwks_size(again));
}

static void try_issuer(const char *text, size_t len)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct runner_issuer issuer;
	struct scan_fault fault;
	struct faults faults;

	if (json_parse(text, len, &doc, &fault) != 0)
		return;
	faults_init(&faults);
	must(runner_issuer_read(&issuer, json_root(doc), "runners.oidc[0]", &faults) == 0);
	if (faults.n == 0)
		must(strncmp(issuer.issuer, "https://", 8) == 0 && issuer.audience && issuer.jwks
			&& issuer.n_pins > 0 && issuer.pins[0].n > 0);
	runner_issuer_deinit(&issuer);
	faults_deinit(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 't')
		try_token((const char *)data + 1, size - 1);
	else if (data[0] == 'p')
		try_parts(data + 1, size - 1);
	else if (data[0] == 'k')
		try_keys((const char *)data + 1, size - 1);
	else
		try_issuer((const char *)data + 1, size - 1);
	return 0;
}

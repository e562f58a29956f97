/* SPDX-License-Identifier: ISC */

/* Records proofs. */

#include "daemon/runner-proof.h"

#include <string.h>

#include "base/json/writer.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "gate/runner/signer.h"

#define REDACTED_JWT "<redacted-oidc-jwt>"
#define REDACTED_HMAC "<redacted-hmac>"

void runner_proof_deinit(struct runner_proof *p)
{
	jwt_deinit(&p->jwt);
	bytes_deinit(&p->detail);
}

static void write_auth(struct writer *w, const struct runner_proof *p, const struct request *q)
{
	const struct runner_auth *auth = &q->runner_auth;
	char hex[2 * SHA256_LEN + 1];
	uint8_t hash[SHA256_LEN];

	writer_object(w, NULL);
	writer_object(w, "identity");
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		writer_string(w, runner_field_name(f), auth->identity[f]);
	writer_end(w);
	writer_string(w, "algorithm", auth->algorithm);
	writer_string(w, "key_id", auth->key_id);
	if (auth->issued_at > 0)
		writer_unsigned(w, "issued_at", auth->issued_at);
	writer_string(w, "nonce", auth->nonce);
	if (auth->signature && runner_is_hex(auth->signature, RUNNER_HMAC_HEX)) {
		writer_string(w, "signature", REDACTED_HMAC);
	} else if (auth->signature) {
		writer_string(w, "signature", REDACTED_JWT);
		sha256_of(auth->signature, strlen(auth->signature), hash);
		notation_hex(hash, sizeof(hash), hex);
		writer_string(w, "sha256", hex);
	}
	if (p->verified) {
		writer_string(w, "issuer", jwt_text(&p->jwt, "iss"));
		writer_string(w, "subject", jwt_text(&p->jwt, "sub"));
		writer_string(w, "jti", jwt_text(&p->jwt, "jti"));
	}
	writer_end(w);
}

int runner_proof_append_request(const struct runner_proof *p, const struct request *q,
	const char *line, size_t len, struct bytes *b)
{
	const char *after = q->runner_auth.text + q->runner_auth.len;
	const struct string_list *runner = &q->asked.runner;
	struct writer w;
	int r;

	bytes_append(b, line, (size_t)(q->runner_auth.text - line));
	writer_init(&w, b);
	write_auth(&w, p, q);
	r = writer_finish(&w);
	if (r < 0)
		return r;
	if (runner->text) {
		bytes_append_str(b, ",\"runner\":");
		writer_init(&w, b);
		writer_strings(&w, NULL, runner->text, runner->n);
		r = writer_finish(&w);
	}
	if (r >= 0)
		r = bytes_append(b, after, (size_t)(line + len - after));
	return r;
}

/* SPDX-License-Identifier: ISC */

/* Verifies signatures with a shared key. gate/runner/signer has the texts that are signed. */

#include "daemon/runner-hmac.h"

#include <errno.h>
#include <sodium.h>

#include "base/notation.h"
#include "gate/field-hash.h"
#include "gate/limits.h"

/* Finds the first fault in the form of a signature. */
static enum runner_refusal judge_form(const struct runner_auth *auth, bool v2)
{
	if (!auth->signature || !runner_is_hex(auth->signature, RUNNER_HMAC_HEX))
		return RUNNER_UNSIGNED;
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++)
		if (auth->identity[f] && runner_has_control(auth->identity[f]))
			return RUNNER_IDENTITY_CONTROL;
	if (v2 && auth->issued_at == 0)
		return RUNNER_NO_TIME;
	return v2 && (!auth->nonce || !runner_is_hex(auth->nonce, RUNNER_NONCE_HEX))
		? RUNNER_BAD_NONCE
		: RUNNER_FINE;
}

static int append_signed(const struct runner_attempt *a, bool v2, struct bytes *text)
{
	const struct runner_auth *auth = &a->request->runner_auth;
	char gate[2 * GATE_ID_LEN + 1], hash[2 * SHA256_LEN + 1];
	int r;

	if (!v2)
		return runner_append_v1(auth->identity, text);
	r = runner_hash_request(a->asking->line, a->asking->len, hash);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	notation_hex(a->gate->id.id, GATE_ID_LEN, gate);
	return runner_append_v2(
		&(struct runner_signed){
			.key_id = auth->key_id,
			.nonce = auth->nonce,
			.issued_at = auth->issued_at,
			.gate = gate,
			.identity = auth->identity,
			.hash = hash,
		},
		text);
}

/*
 * Uses the nonce up, whatever the answer will be. A request that waited has used it already.
 * Returns an enum runner_refusal, or -ENOMEM.
 */
static int spend_nonce(const struct runner_attempt *a)
{
	const struct runner_auth *auth = &a->request->runner_auth;
	struct runner_use use = {
		.uid = a->asking->uid,
		.until = auth->issued_at + LIMIT_RUNNER_SIGNATURE_LIFE,
	};
	struct sha256 s;

	if (auth->issued_at > a->asked + LIMIT_RUNNER_SKEW
		|| auth->issued_at + LIMIT_RUNNER_SIGNATURE_LIFE + LIMIT_RUNNER_SKEW < a->asked)
		return RUNNER_STALE;
	if (a->asking->waited)
		return RUNNER_FINE;

	sha256_init(&s);
	field_hash_text(&s, "key_id", auth->key_id);
	field_hash_text(&s, "nonce", auth->nonce);
	sha256_final(&s, use.id);
	return runner_gate_use(a->gate, &use, true, a->now);
}

/* Sets asked.runner: the ID of the key, which is proved, then what the signer says about itself. */
static int add_signer(struct request *q)
{
	const struct runner_auth *auth = &q->runner_auth;
	struct bytes *b = &q->runner_bytes;
	size_t n = 1;

	bytes_clear(b);
	bytes_appendf(b, "hmac=%s", auth->key_id);
	bytes_append_char(b, '\0');
	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++) {
		if (!auth->identity[f])
			continue;
		bytes_appendf(b, "%s=%s", runner_field_name(f), auth->identity[f]);
		bytes_append_char(b, '\0');
		n++;
	}
	q->asked.runner = string_list_of(bytes_str(b), n, b->len);
	return bytes_error(b);
}

int runner_hmac_check(const struct runner_attempt *a, const struct runners *runners, bool v2,
	struct runner_proof *p)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	const struct runner_auth *auth = &a->request->runner_auth;
	const struct runner_signer *signer =
		auth->key_id ? runners_find_signer(runners, auth->key_id) : NULL;
	char hex[2 * EVIDENCE_KEY_HMAC_LEN + 1];
	uint8_t tag[EVIDENCE_KEY_HMAC_LEN];
	const struct evidence_key *key;
	enum runner_refusal refusal;
	int r;

	if (!signer)
		return RUNNER_NO_KEY;
	if (!v2 && !signer->accept_v1)
		return RUNNER_V1;
	if (!runner_gate_knows_uses(a->gate))
		return RUNNER_STATE;
	refusal = judge_form(auth, v2);
	if (refusal != RUNNER_FINE)
		return refusal;
	key = runner_keys_secret(
		a->policy->keys, (size_t)(signer - runners->signers), a->now, &p->detail);
	if (!key)
		return RUNNER_SECRET;

	r = append_signed(a, v2, &text);
	if (r < 0)
		return r;
	evidence_key_hmac(key, bytes_str(&text), tag);
	notation_hex(tag, sizeof(tag), hex);
	if (sodium_memcmp(hex, auth->signature, RUNNER_HMAC_HEX) != 0)
		return RUNNER_HMAC;
	r = v2 ? spend_nonce(a) : RUNNER_FINE;
	if (r != RUNNER_FINE)
		return r;
	r = add_signer(a->request);
	return r < 0 ? r : RUNNER_FINE;
}

/* SPDX-License-Identifier: ISC */

/*
 * Verifies runners by their tokens, and binds each token to its first use. daemon/runner-hmac
 * verifies signatures with a shared key.
 */

#include "daemon/runner-check.h"

#include <string.h>

#include "base/json/scan-value.h"
#include "base/notation.h"
#include "daemon/runner-hmac.h"
#include "gate/evaluate-asked.h"
#include "gate/field-hash.h"
#include "gate/runner/signer.h"

/* Hashes the issuer and the ID of the token; without an ID, the token itself. */
static void hash_token(const struct jwt *jwt, const char *issuer, uint8_t ret[static SHA256_LEN])
{
	const char *jti = jwt_text(jwt, "jti");
	char hex[2 * SHA256_LEN + 1];
	struct sha256 s;

	notation_hex(jwt->hash, SHA256_LEN, hex);
	sha256_init(&s);
	field_hash_text(&s, "iss", issuer);
	field_hash_text(&s, jti ? "jti" : "sha256", jti ? jti : hex);
	sha256_final(&s, ret);
}

/* Hashes all that is asked, by either contract. Error: -ENOMEM. */
static int hash_question(struct request *q, uint8_t ret[static SHA256_LEN])
{
	struct sha256 s;
	int r;

	r = q->action == ACTION_EVALUATE ? evaluate_bind(q) : 0;
	if (r < 0)
		return r;
	sha256_init(&s);
	field_hash_text(&s, "policy_pack", q->evaluate.policy_pack);
	field_hash_all(&s, &q->asked);
	sha256_final(&s, ret);
	return 0;
}

/*
 * Binds the token to the user and the question of its first use; of an issuer with `reuse`, to the
 * user alone. Returns an enum runner_refusal, or -ENOMEM.
 */
static int use_token(
	const struct runner_attempt *a, const struct runner_issuer *issuer, const struct jwt *jwt)
{
	struct runner_use use = { .uid = a->asking->uid };
	const struct jwt_claim *exp = jwt_claim(jwt, "exp");
	int r = 0;

	scan_integer_value(exp->json, exp->json_len, JSON_INTEGER_MAX, &use.until);
	hash_token(jwt, issuer->issuer, use.id);
	if (!issuer->reuse)
		r = hash_question(a->request, use.question);
	return r < 0 ? r : runner_gate_use(a->gate, &use, false, a->now);
}

/* --- one issuer ------------------------------------------------------------------------------- */

/* Whether the members that the asker sent are the same in the token. */
static int compare_identity(
	const struct request *q, const struct bytes *facts, size_t n, const char **ret_detail)
{
	const char *sent, *proved;

	for (enum runner_field f = 0; f < RUNNER_FIELDS; f++) {
		sent = q->runner_auth.identity[f];
		if (!sent)
			continue;
		*ret_detail = runner_field_name(f);
		proved = runner_facts_get(bytes_str(facts), n, runner_field_name(f));
		if (!proved || strcmp(sent, proved) != 0)
			return RUNNER_OTHER_IDENTITY;
	}
	return RUNNER_FINE;
}

/* Returns an enum runner_refusal, or -ENOMEM. */
static int try_issuer(const struct runner_issuer *issuer, const struct jwks *keys,
	struct request *q, uint64_t now, struct jwt *jwt, const char **ret_detail)
{
	const struct jwt_demand demand = {
		.keys = keys,
		.issuer = issuer->issuer,
		.audience = issuer->audience,
		.now = now,
	};
	size_t n = 0;
	int r;

	bytes_clear(&q->runner_bytes);
	r = jwt_verify(jwt, &demand, q->runner_auth.signature, strlen(q->runner_auth.signature));
	if (r == RUNNER_FINE)
		r = runner_issuer_identify(issuer, jwt, &q->runner_bytes, &n, ret_detail);
	if (r == RUNNER_FINE)
		r = compare_identity(q, &q->runner_bytes, n, ret_detail);
	if (r == RUNNER_FINE)
		q->asked.runner =
			string_list_of(bytes_str(&q->runner_bytes), n, q->runner_bytes.len);
	return r;
}

/* --- all issuers ------------------------------------------------------------------------------ */

/* Tries one issuer; on success the proof has its token. */
static int attempt_issuer(const struct runner_attempt *a, const struct runner_issuer *issuer,
	size_t index, struct runner_proof *p, struct bytes *detail)
{
	const struct jwks *keys = NULL;
	const char *claim = NULL;
	struct jwt jwt = JWT_INIT;
	int r;

	r = runner_keys_get(a->policy->keys, index, a->now, &keys, detail);
	if (r != RUNNER_FINE)
		return r;
	r = try_issuer(issuer, keys, a->request, a->asked, &jwt, &claim);
	if (r == RUNNER_FINE) {
		/* Bind it before the facts are part of what is asked. */
		struct string_list runner = a->request->asked.runner;

		claim = NULL;
		a->request->asked.runner = (struct string_list){ 0 };
		r = use_token(a, issuer, &jwt);
		if (r == RUNNER_FINE)
			a->request->asked.runner = runner;
	}
	if (r == RUNNER_UNKNOWN_KID)
		runner_keys_append_time(a->policy->keys, index, detail);
	else if (r == RUNNER_STATE)
		bytes_append_str(detail, bytes_str(&a->gate->fault));
	else if (claim && r != RUNNER_FINE && r > RUNNER_SIGNATURE)
		bytes_append_str(detail, claim);
	/* The signature holds, so the claims may be recorded. */
	if (r == RUNNER_FINE || r > RUNNER_CLAIMS) {
		jwt_deinit(&p->jwt);
		p->jwt = jwt;
		p->verified = true;
	} else {
		jwt_deinit(&jwt);
	}
	return r;
}

/* If all refuse, the refusal that got furthest is reported. */
static int attempt_issuers(
	const struct runner_attempt *a, const struct runners *runners, struct runner_proof *p)
{
	int r, furthest = RUNNER_FINE;

	for (size_t i = 0; i < runners->n_issuers; i++) {
		cleanup(bytes_deinit) struct bytes detail = BYTES_PRINTED;

		r = attempt_issuer(a, &runners->issuers[i], i, p, &detail);
		if (r <= 0)
			return r;
		if (r <= furthest)
			continue;
		furthest = r;
		bytes_clear(&p->detail);
		bytes_append_str(&p->detail, bytes_str(&detail));
	}
	return furthest;
}

static int check(const struct runner_attempt *a, struct runner_proof *p)
{
	const struct runner_auth *auth = &a->request->runner_auth;
	const struct runners *runners = live_policy_runners(a->policy);

	if (!runners || !a->policy->keys)
		return RUNNER_NOT_CONFIGURED;
	if (auth->algorithm && strcmp(auth->algorithm, RUNNER_HMAC_V2) == 0)
		return runner_hmac_check(a, runners, true, p);
	if (auth->algorithm && strcmp(auth->algorithm, RUNNER_HMAC_V1) == 0)
		return runner_hmac_check(a, runners, false, p);
	if (!auth->algorithm || strcmp(auth->algorithm, JWT_ALGORITHM) != 0
		|| runners->n_issuers == 0)
		return RUNNER_ALGORITHM;
	if (!auth->signature || auth->signature[0] == '\0')
		return RUNNER_UNSIGNED;
	return attempt_issuers(a, runners, p);
}

int runner_check(struct runner_gate *g, struct live_policy *policy, struct state_dir *dir,
	struct request *q, const struct runner_asking *asking, const struct clock_time *now,
	struct runner_proof *p)
{
	const struct runner_attempt a = { g, policy, q, asking, asking->asked_wall / CLOCK_SECOND,
		now };
	int r;

	if (!q->runner_auth.sent || q->fault)
		return 0;

	runner_gate_load(g, dir);
	r = check(&a, p);
	if (r < 0)
		return r;
	p->result.refusal = (enum runner_refusal)r;
	p->result.detail = bytes_str(&p->detail);
	return bytes_error(&p->detail);
}

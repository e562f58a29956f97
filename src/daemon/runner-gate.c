/* SPDX-License-Identifier: ISC */

/* Verifies runners. */

#include "daemon/runner-gate.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/json/scan-value.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "gate/evaluate-asked.h"
#include "gate/field-hash.h"
#include "gate/limits.h"
#include "ledger/runner/uses-file.h"

#define ALGORITHM "OIDC-JWT"
#define REDACTED "<redacted-oidc-jwt>"
#define REDACTED_HMAC "<redacted-hmac>"

void runner_gate_init(struct runner_gate *g)
{
	*g = (struct runner_gate){ .fault = BYTES_INIT(BYTES_UNLIMITED) };
}

void runner_gate_deinit(struct runner_gate *g)
{
	runner_uses_deinit(&g->uses);
	bytes_deinit(&g->fault);
}

void runner_proof_deinit(struct runner_proof *p)
{
	jwt_deinit(&p->jwt);
	bytes_deinit(&p->detail);
}

/* --- uses ------------------------------------------------------------------------------------- */

static void load(struct runner_gate *g, struct state_dir *dir)
{
	int r;

	if (g->loaded || (dir && !state_dir_is_locked(dir)))
		return;

	g->loaded = true;
	g->dir = dir;
	if (!dir) {
		randombytes_buf(g->id.id, sizeof(g->id.id));
		return;
	}
	r = uses_file_load(dir, &g->uses, &g->fault);
	if (r == 0)
		r = gate_id_load(dir, &g->id, &g->fault);
	if (r < 0)
		bytes_appendf(&g->fault, "runner-uses: %s; restart it", strerror(-r));
}

const uint8_t *runner_gate_id(
	struct runner_gate *g, const struct live_policy *policy, struct state_dir *dir)
{
	const struct runners *runners = policy_runners(policy->policy);

	if (!runners || runners->n_signers == 0)
		return NULL;
	load(g, dir);
	return g->loaded && g->fault.len == 0 ? g->id.id : NULL;
}

int runner_gate_write(struct runner_gate *g)
{
	int r;

	if (!g->dirty || !g->dir)
		return 0;
	r = uses_file_write(g->dir, &g->uses);
	if (r >= 0)
		g->dirty = false;
	return r;
}

/* The issuer and the ID of the token; without an ID, the token itself. */
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

/* All that is asked, by either contract. Error: -ENOMEM. */
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

/* Binds the token to its first question. Returns an enum runner_refusal, or -ENOMEM. */
static int use_token(struct runner_gate *g, const struct runner_issuer *issuer,
	const struct jwt *jwt, struct request *q, uid_t uid, uint64_t now)
{
	struct runner_use use = { .uid = uid };
	const struct jwt_claim *exp = jwt_claim(jwt, "exp");
	enum runner_refusal refusal;
	int r = 0;

	if (!g->loaded || g->fault.len > 0)
		return RUNNER_STATE;
	scan_integer_value(exp->json, exp->json_len, JSON_INTEGER_MAX, &use.until);
	hash_token(jwt, issuer->issuer, use.id);
	if (!issuer->reuse)
		r = hash_question(q, use.question);
	if (r < 0)
		return r;

	refusal = runner_uses_judge(&g->uses, &use, false, now);
	/* Any user of a job may reuse its token, but only the user who used it first. */
	if (refusal != RUNNER_FINE)
		return refusal;
	r = runner_uses_note(&g->uses, &use, now);
	g->dirty |= r > 0;
	return r < 0 ? r : RUNNER_FINE;
}

/* --- one issuer ------------------------------------------------------------------------------- */

/* The members that the asker sent must be the token's. */
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

struct attempt {
	struct runner_gate *gate;
	struct live_policy *policy;
	struct request *request;
	const struct runner_asking *asking;
	uint64_t asked; /* s since 1970 */
	const struct clock_time *now;
};

/* Tries one issuer; on success the proof has its token. */
static int attempt_issuer(const struct attempt *a, const struct runner_issuer *issuer, size_t index,
	struct runner_proof *p, struct bytes *detail)
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

		a->request->asked.runner = (struct string_list){ 0 };
		r = use_token(a->gate, issuer, &jwt, a->request, a->asking->uid,
			a->now->wall / CLOCK_SECOND);
		if (r == RUNNER_FINE)
			a->request->asked.runner = runner;
	}
	if (r == RUNNER_UNKNOWN_KID)
		runner_keys_append_time(a->policy->keys, index, detail);
	else if (r == RUNNER_STATE)
		bytes_append_str(detail, bytes_str(&a->gate->fault));
	else if (claim && r != RUNNER_FINE && r > RUNNER_SIGNATURE)
		bytes_append_str(detail, claim);
	/* Its claims may be told from then on. */
	if (r == RUNNER_FINE || r > RUNNER_CLAIMS) {
		jwt_deinit(&p->jwt);
		p->jwt = jwt;
		p->verified = true;
	} else {
		jwt_deinit(&jwt);
	}
	return r;
}

/* The refusal that got furthest is told. */
static int attempt_issuers(
	const struct attempt *a, const struct runners *runners, struct runner_proof *p)
{
	int r, furthest = RUNNER_FINE;

	for (size_t i = 0; i < runners->n_issuers; i++) {
		cleanup(bytes_deinit) struct bytes detail = BYTES_INIT(BYTES_UNLIMITED);

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

/* --- shared keys ------------------------------------------------------------------------------ */

/* The first thing that is wrong with the form of a signature of either kind. */
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

static int append_signed(const struct attempt *a, bool v2, struct bytes *text)
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

/* The nonce is spent, whatever the answer will be. Returns an enum runner_refusal, or -ENOMEM. */
static int spend_nonce(const struct attempt *a)
{
	const struct runner_auth *auth = &a->request->runner_auth;
	const uint64_t now = a->now->wall / CLOCK_SECOND;
	struct runner_use use = {
		.uid = a->asking->uid,
		.until = auth->issued_at + LIMIT_RUNNER_SIGNATURE_LIFE,
	};
	enum runner_refusal refusal;
	struct sha256 s;
	int r;

	if (auth->issued_at > a->asked + LIMIT_RUNNER_SKEW
		|| auth->issued_at + LIMIT_RUNNER_SIGNATURE_LIFE + LIMIT_RUNNER_SKEW < a->asked)
		return RUNNER_STALE;
	if (a->asking->waited)
		return RUNNER_FINE;
	sha256_init(&s);
	field_hash_text(&s, "key_id", auth->key_id);
	field_hash_text(&s, "nonce", auth->nonce);
	sha256_final(&s, use.id);
	refusal = runner_uses_judge(&a->gate->uses, &use, true, now);
	if (refusal != RUNNER_FINE)
		return refusal;
	r = runner_uses_note(&a->gate->uses, &use, now);
	a->gate->dirty |= r > 0;
	return r < 0 ? r : RUNNER_FINE;
}

/* What the signer says of itself, after the one fact: which key it has. */
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

/* Returns an enum runner_refusal, or -ENOMEM. */
static int check_signer(
	const struct attempt *a, const struct runners *runners, bool v2, struct runner_proof *p)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(BYTES_UNLIMITED);
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
	if (!a->gate->loaded || a->gate->fault.len > 0)
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

static int check(const struct attempt *a, struct runner_proof *p)
{
	const struct runner_auth *auth = &a->request->runner_auth;
	const struct runners *runners = policy_runners(a->policy->policy);

	if (!runners || !a->policy->keys)
		return RUNNER_NOT_CONFIGURED;
	if (auth->algorithm && strcmp(auth->algorithm, RUNNER_HMAC_V2) == 0)
		return check_signer(a, runners, true, p);
	if (auth->algorithm && strcmp(auth->algorithm, RUNNER_HMAC_V1) == 0)
		return check_signer(a, runners, false, p);
	if (!auth->algorithm || strcmp(auth->algorithm, ALGORITHM) != 0 || runners->n_issuers == 0)
		return RUNNER_ALGORITHM;
	if (!auth->signature || auth->signature[0] == '\0')
		return RUNNER_UNSIGNED;
	return attempt_issuers(a, runners, p);
}

int runner_gate_check(struct runner_gate *g, struct live_policy *policy, struct state_dir *dir,
	struct request *q, const struct runner_asking *asking, const struct clock_time *now,
	struct runner_proof *p)
{
	const struct attempt a = { g, policy, q, asking, asking->asked_wall / CLOCK_SECOND, now };
	int r;

	if (!q->runner_auth.sent || q->fault)
		return 0;

	load(g, dir);
	r = check(&a, p);
	if (r < 0)
		return r;
	p->result.refusal = (enum runner_refusal)r;
	p->result.detail = bytes_str(&p->detail);
	return bytes_error(&p->detail);
}

/* --- evidence --------------------------------------------------------------------------------- */

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
		writer_string(w, "signature", REDACTED);
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

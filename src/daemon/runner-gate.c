/* SPDX-License-Identifier: ISC */

/* Verifies runners. */

#include "daemon/runner-gate.h"

#include <errno.h>
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
	r = dir ? uses_file_load(dir, &g->uses, &g->fault) : 0;
	if (r < 0)
		bytes_appendf(&g->fault, "runner-uses: %s; restart it", strerror(-r));
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

	refusal = runner_uses_judge(&g->uses, &use, now);
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
			(struct string_list){ bytes_str(&q->runner_bytes), n, q->runner_bytes.len };
	return r;
}

/* --- all issuers ------------------------------------------------------------------------------ */

struct attempt {
	struct runner_gate *gate;
	struct live_policy *policy;
	struct request *request;
	uid_t uid;
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
		r = use_token(
			a->gate, issuer, &jwt, a->request, a->uid, a->now->wall / CLOCK_SECOND);
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

	for (size_t i = 0; i < runners->n; i++) {
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

static int check(const struct attempt *a, struct runner_proof *p)
{
	const struct runner_auth *auth = &a->request->runner_auth;
	const struct runners *runners = policy_runners(a->policy->policy);

	if (!runners || !a->policy->keys)
		return RUNNER_NOT_CONFIGURED;
	if (!auth->algorithm || strcmp(auth->algorithm, ALGORITHM) != 0)
		return RUNNER_ALGORITHM;
	if (!auth->signature || auth->signature[0] == '\0')
		return RUNNER_UNSIGNED;
	return attempt_issuers(a, runners, p);
}

int runner_gate_check(struct runner_gate *g, struct live_policy *policy, struct state_dir *dir,
	struct request *q, uid_t uid, uint64_t asked_wall, const struct clock_time *now,
	struct runner_proof *p)
{
	const struct attempt a = { g, policy, q, uid, asked_wall / CLOCK_SECOND, now };
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
	if (auth->signature) {
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

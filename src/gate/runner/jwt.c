/* SPDX-License-Identifier: ISC */

/* Verifies tokens. */

#include "gate/runner/jwt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/json/members.h"
#include "base/json/scan-value.h"
#include "gate/limits.h"

void jwt_deinit(struct jwt *jwt)
{
	bytes_deinit(&jwt->header);
	bytes_deinit(&jwt->body);
	bytes_deinit(&jwt->signature);
	bytes_deinit(&jwt->texts);
	free(jwt->claims);
	jwt->claims = NULL;
	jwt->n = 0;
}

/* --- form ------------------------------------------------------------------------------------- */

/* Decodes the three parts. *ret_signed: the length of what the signature covers. */
static int decode_parts(struct jwt *jwt, const char *text, size_t len, size_t *ret_signed)
{
	struct bytes *const parts[] = { &jwt->header, &jwt->body, &jwt->signature };
	const char *at = text, *end = text + len, *dot;
	int r;

	for (size_t i = 0; i < 3; i++) {
		dot = memchr(at, '.', (size_t)(end - at));
		if ((dot != NULL) != (i < 2))
			return RUNNER_TOKEN_PARTS;
		if (dot)
			*ret_signed = (size_t)(dot - text);
		r = base64url_decode(at, (size_t)((dot ? dot : end) - at), parts[i]);
		if (r != 0)
			return r < 0 ? r : RUNNER_TOKEN_BASE64URL;
		at = dot ? dot + 1 : end;
	}
	return RUNNER_FINE;
}

/* --- header and signature --------------------------------------------------------------------- */

static bool has_key(const struct members *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->list[i].key, key) == 0)
			return true;
	return false;
}

static const char *find_string(struct members *m, const char *key)
{
	const struct member *member = members_find(m, key);

	return member ? members_string(m, member) : NULL;
}

static int judge_header(
	struct members *header, const struct jwks *keys, const struct rs256_key **ret)
{
	const char *alg = find_string(header, "alg"), *kid = find_string(header, "kid");

	if (!alg || strcmp(alg, "RS256") != 0)
		return RUNNER_ALG;
	if (has_key(header, "crit"))
		return RUNNER_CRIT;
	if (!kid || kid[0] == '\0')
		return RUNNER_NO_KID;

	*ret = jwks_find(keys, kid);
	return *ret ? RUNNER_FINE : RUNNER_UNKNOWN_KID;
}

/* Finds the key that the header names. */
static int read_header(struct jwt *jwt, const struct jwks *keys, const struct rs256_key **ret)
{
	cleanup(members_deinit) struct members header = MEMBERS_INIT;
	struct scan_fault fault;
	int r;

	r = members_read(&header, bytes_str(&jwt->header), jwt->header.len, &fault);
	if (r != 0)
		return r < 0 ? r : RUNNER_HEADER;
	return judge_header(&header, keys, ret);
}

static bool is_signed(
	const struct jwt *jwt, const struct rs256_key *key, const char *text, size_t signed_len)
{
	uint8_t hash[SHA256_LEN];

	sha256_of(text, signed_len, hash);
	return rs256_verify(
		key, hash, (const uint8_t *)bytes_str(&jwt->signature), jwt->signature.len);
}

/* --- claims ----------------------------------------------------------------------------------- */

static bool is_whole(const char *json, size_t len)
{
	uint64_t number;

	return scan_integer_value(json, len, JSON_INTEGER_MAX, &number);
}

static enum jwt_claim_kind kind_of(const char *json, size_t len)
{
	switch (json[0]) {
	case '"':
		return JWT_TEXT;
	case 't':
		return JWT_TRUE;
	case 'f':
		return JWT_FALSE;
	default:
		return is_whole(json, len) ? JWT_NUMBER : JWT_OTHER;
	}
}

/* Appends a NUL-terminated text to `texts`, which has room for all. */
static const char *keep_text(struct jwt *jwt, const struct jwt_claim *claim)
{
	const size_t start = jwt->texts.len;
	int r;

	r = claim->kind == JWT_TEXT ? scan_string_value(claim->json, claim->json_len, &jwt->texts)
				    : bytes_append(&jwt->texts, claim->json, claim->json_len);
	if (r == 0)
		r = bytes_append_char(&jwt->texts, '\0');
	return r == 0 ? jwt->texts.data + start : NULL;
}

static const char *keep_name(struct jwt *jwt, const char *name)
{
	const size_t start = jwt->texts.len;

	if (bytes_append(&jwt->texts, name, strlen(name) + 1) < 0)
		return NULL;
	return jwt->texts.data + start;
}

static int keep_claims(struct jwt *jwt, const struct members *members)
{
	char *room;
	int r;

	/* It never moves: the quotes of a text, or the sign after a number, leave room for its NUL.
	 */
	r = bytes_reserve(&jwt->texts, jwt->body.len + 1, &room);
	if (r < 0)
		return r;
	jwt->claims = calloc(members->n + 1, sizeof(*jwt->claims));
	if (!jwt->claims)
		return -ENOMEM;

	for (size_t i = 0; i < members->n; i++) {
		const struct member *m = &members->list[i];
		struct jwt_claim *claim = &jwt->claims[i];

		*claim = (struct jwt_claim){
			.kind = kind_of(m->text, m->len),
			.json = m->text,
			.json_len = m->len,
		};
		claim->name = keep_name(jwt, m->key);
		if (claim->kind == JWT_TEXT || claim->kind == JWT_NUMBER)
			claim->text = keep_text(jwt, claim);
	}
	jwt->n = members->n;
	return bytes_error(&jwt->texts);
}

static int read_claims(struct jwt *jwt)
{
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	struct scan_fault fault;
	int r;

	r = members_read(&members, bytes_str(&jwt->body), jwt->body.len, &fault);
	if (r != 0)
		return r < 0 ? r : RUNNER_CLAIMS;
	return keep_claims(jwt, &members);
}

const struct jwt_claim *jwt_claim(const struct jwt *jwt, const char *name)
{
	for (size_t i = 0; i < jwt->n; i++)
		if (strcmp(jwt->claims[i].name, name) == 0)
			return &jwt->claims[i];
	return NULL;
}

const char *jwt_text(const struct jwt *jwt, const char *name)
{
	const struct jwt_claim *claim = jwt_claim(jwt, name);

	return claim && claim->kind == JWT_TEXT ? claim->text : NULL;
}

/* --- who issued it, for whom, and when -------------------------------------------------------- */

struct audience {
	const char *ours;
	struct bytes text;
	bool found, other;
};

static int look_at_audience(const char *json, size_t len, void *userdata)
{
	struct audience *a = userdata;
	int r;

	bytes_clear(&a->text);
	r = scan_string_value(json, len, &a->text);
	if (r == 0)
		a->found |= strcmp(bytes_str(&a->text), a->ours) == 0;
	a->other |= r > 0;
	return r < 0 ? r : 0;
}

/* Whether `aud` is our audience, or an array of texts that contains it. Error: -ENOMEM. */
static int check_audience(const struct jwt *jwt, const char *ours)
{
	const struct jwt_claim *aud = jwt_claim(jwt, "aud");
	struct audience a = { .ours = ours, .text = BYTES_INIT(LIMIT_JWT) };
	int r;

	if (!aud)
		return RUNNER_AUDIENCE;
	r = aud->kind == JWT_TEXT
		? look_at_audience(aud->json, aud->json_len, &a)
		: scan_array_value(aud->json, aud->json_len, look_at_audience, &a);
	bytes_deinit(&a.text);
	if (r < 0)
		return r;
	return r == 0 && a.found && !a.other ? RUNNER_FINE : RUNNER_AUDIENCE;
}

static bool get_time(const struct jwt *jwt, const char *name, uint64_t *ret)
{
	const struct jwt_claim *claim = jwt_claim(jwt, name);

	return claim && scan_integer_value(claim->json, claim->json_len, JSON_INTEGER_MAX, ret);
}

static int check_times(const struct jwt *jwt, uint64_t now)
{
	uint64_t exp, iat, nbf = 0;

	if (!get_time(jwt, "exp", &exp))
		return RUNNER_NO_EXP;
	if (!get_time(jwt, "iat", &iat))
		return RUNNER_NO_IAT;
	if (jwt_claim(jwt, "nbf") && !get_time(jwt, "nbf", &nbf))
		return RUNNER_BAD_NBF;
	if (exp + LIMIT_RUNNER_SKEW <= now)
		return RUNNER_EXPIRED;
	if (nbf > now + LIMIT_RUNNER_SKEW)
		return RUNNER_NOT_YET;
	if (iat > now + LIMIT_RUNNER_SKEW)
		return RUNNER_ISSUED_LATER;
	if (exp <= iat || exp - iat > LIMIT_JWT_LIFE)
		return RUNNER_LIFETIME;
	return RUNNER_FINE;
}

static int check_claims(const struct jwt *jwt, const struct jwt_demand *demand)
{
	const char *issuer = jwt_text(jwt, "iss");
	const struct jwt_claim *jti = jwt_claim(jwt, "jti");
	int r;

	if (!issuer || strcmp(issuer, demand->issuer) != 0)
		return RUNNER_ISSUER;
	r = check_audience(jwt, demand->audience);
	if (r == RUNNER_FINE)
		r = check_times(jwt, demand->now);
	if (r != RUNNER_FINE)
		return r;
	if (jti && (jti->kind != JWT_TEXT || jti->text[0] == '\0'))
		return RUNNER_BAD_JTI;
	return RUNNER_FINE;
}

int jwt_verify(struct jwt *jwt, const struct jwt_demand *demand, const char *text, size_t len)
{
	const struct rs256_key *key = NULL;
	size_t signed_len = 0;
	int r;

	if (len > LIMIT_JWT)
		return RUNNER_TOKEN_LONG;

	sha256_of(text, len, jwt->hash);
	r = decode_parts(jwt, text, len, &signed_len);
	if (r == RUNNER_FINE)
		r = read_header(jwt, demand->keys, &key);
	if (r == RUNNER_FINE && !is_signed(jwt, key, text, signed_len))
		r = RUNNER_SIGNATURE;
	if (r == RUNNER_FINE)
		r = read_claims(jwt);
	return r == RUNNER_FINE ? check_claims(jwt, demand) : r;
}

int jwt_look(const char *text, size_t len, const char *audience)
{
	cleanup(jwt_deinit) struct jwt jwt = JWT_INIT;
	size_t signed_len = 0;
	int r;

	if (len > LIMIT_JWT)
		return RUNNER_TOKEN_LONG;

	r = decode_parts(&jwt, text, len, &signed_len);
	if (r == RUNNER_FINE)
		r = read_claims(&jwt);
	return r == RUNNER_FINE && audience ? check_audience(&jwt, audience) : r;
}

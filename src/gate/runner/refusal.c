/* SPDX-License-Identifier: ISC */

/* The names and sentences of refusals. */

#include "gate/runner/refusal.h"

#include "gate/limits.h"

static const struct {
	const char *name, *text;
} rows[RUNNER_REFUSALS] = {
	[RUNNER_FINE] = { "fine", "the identity holds" },
	[RUNNER_MISSING] = { "missing", "this needs the proof of a CI runner (runner_auth)" },
	[RUNNER_NOT_CONFIGURED] = { "not_configured", "the policy knows no runners" },
	[RUNNER_ALGORITHM] = { "algorithm", "the policy knows no such algorithm" },
	[RUNNER_UNSIGNED] = { "unsigned", "the signature is missing" },
	[RUNNER_KEYS] = { "key_set", "the issuer's key set can't be used" },
	[RUNNER_KEYS_OLD] = { "key_set_old", "the issuer's key set is too old" },
	[RUNNER_NO_KEY] = { "key_id", "the policy knows no such key" },
	[RUNNER_V1] = { "v1", "HMAC-SHA256 can be replayed, and the policy does not accept it" },
	[RUNNER_NO_TIME] = { "issued_at", "the time of the signature is missing" },
	[RUNNER_BAD_NONCE] = { "nonce", "the nonce is not 32 hexadecimal digits" },
	[RUNNER_IDENTITY_CONTROL] = { "identity_control", "the identity has a control character" },
	[RUNNER_SECRET] = { "key", "the key can't be read" },
	[RUNNER_HMAC] = { "signature", "the signature is not of this request by this key" },
	[RUNNER_STALE] = { "stale", "the signature is not of the last five minutes" },
	[RUNNER_NONCE_USED] = { "nonce_used", "the signature was used before" },
	[RUNNER_TOKEN_LONG] = { "token_length", "the token is longer than 16384 bytes" },
	[RUNNER_TOKEN_PARTS] = { "token_parts", "the token does not have three parts" },
	[RUNNER_TOKEN_BASE64URL] = { "token_base64url",
		"the token is not base64url without padding and stray bits" },
	[RUNNER_HEADER] = { "header", "the token's header is not strict JSON" },
	[RUNNER_ALG] = { "alg", "the token's alg is not RS256" },
	[RUNNER_CRIT] = { "crit", "the token has critical extensions" },
	[RUNNER_NO_KID] = { "kid", "the token names no key (kid)" },
	[RUNNER_UNKNOWN_KID] = { "unknown_kid", "key not found" },
	[RUNNER_SIGNATURE] = { "signature", "the token's signature is not of the key it names" },
	[RUNNER_CLAIMS] = { "claims", "the token's claims are not strict JSON" },
	[RUNNER_ISSUER] = { "iss", "the token is of another issuer" },
	[RUNNER_AUDIENCE] = { "aud", "the token is for another audience" },
	[RUNNER_NO_EXP] = { "exp", "the token's exp is not a whole number" },
	[RUNNER_NO_IAT] = { "iat", "the token's iat is not a whole number" },
	[RUNNER_BAD_NBF] = { "nbf", "the token's nbf is not a whole number" },
	[RUNNER_EXPIRED] = { "expired", "the token has expired" },
	[RUNNER_NOT_YET] = { "not_yet", "the token is not valid yet" },
	[RUNNER_ISSUED_LATER] = { "issued_later", "the token was issued later than now" },
	[RUNNER_LIFETIME] = { "lifetime", "the token lives longer than an hour" },
	[RUNNER_BAD_JTI] = { "jti", "the token's jti is not a text" },
	[RUNNER_PIN] = { "pin", "the token does not have a claim that is pinned" },
	[RUNNER_RERUN] = { "ssh_rerun", "the job was run again with SSH" },
	[RUNNER_CLAIM_TYPE] = { "claim_type", "a claim of the token has another type" },
	[RUNNER_CONTROL] = { "control", "an identity has a control character" },
	[RUNNER_OTHER_IDENTITY] = { "identity", "the identity differs from the token" },
	[RUNNER_STATE] = { "state", "it is not known which tokens were used" },
	[RUNNER_CLOCK] = { "clock", "the clock was set back" },
	[RUNNER_USED] = { "used", "the token was used for another question" },
	[RUNNER_NO_ROOM] = { "no_room", "too many tokens were used in the last hour" },
};

_Static_assert(LIMIT_JWT == 16384 && LIMIT_JWT_LIFE == 3600 && LIMIT_RUNNER_SIGNATURE_LIFE == 300,
	"the texts name these");

const char *runner_refusal_name(enum runner_refusal refusal)
{
	return rows[refusal].name;
}

const char *runner_refusal_text(enum runner_refusal refusal)
{
	return rows[refusal].text;
}

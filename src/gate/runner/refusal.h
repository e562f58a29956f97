/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Why the identity of a CI runner is refused. Each refusal has a name for programs, and a sentence
 * for people without its full stop. Neither repeats anything that was sent.
 *
 * The refusals of a token stand in the order of the checks: of several issuers, the one that got
 * furthest is reported, and after RUNNER_CLAIMS the token's signature holds.
 */

enum runner_refusal {
	RUNNER_FINE,

	/* What was sent, and what is configured. */
	RUNNER_MISSING,
	RUNNER_NOT_CONFIGURED,
	RUNNER_ALGORITHM,
	RUNNER_UNSIGNED,
	RUNNER_KEYS,
	RUNNER_KEYS_OLD,

	/* A signature with a shared key. */
	RUNNER_NO_KEY,
	RUNNER_V1,
	RUNNER_NO_TIME,
	RUNNER_BAD_NONCE,
	RUNNER_IDENTITY_CONTROL,
	RUNNER_SECRET,
	RUNNER_HMAC,
	RUNNER_STALE,
	RUNNER_NONCE_USED,

	/* The token as a text. */
	RUNNER_TOKEN_LONG,
	RUNNER_TOKEN_PARTS,
	RUNNER_TOKEN_BASE64URL,

	/* Its header, its signature. */
	RUNNER_HEADER,
	RUNNER_ALG,
	RUNNER_CRIT,
	RUNNER_NO_KID,
	RUNNER_UNKNOWN_KID,
	RUNNER_SIGNATURE,

	/* What it claims. */
	RUNNER_CLAIMS,
	RUNNER_ISSUER,
	RUNNER_AUDIENCE,
	RUNNER_NO_EXP,
	RUNNER_NO_IAT,
	RUNNER_BAD_NBF,
	RUNNER_EXPIRED,
	RUNNER_NOT_YET,
	RUNNER_ISSUED_LATER,
	RUNNER_LIFETIME,
	RUNNER_BAD_JTI,
	RUNNER_PIN,
	RUNNER_RERUN,
	RUNNER_CLAIM_TYPE,
	RUNNER_CONTROL,
	RUNNER_OTHER_IDENTITY,

	/* What it was used for before. */
	RUNNER_STATE,
	RUNNER_CLOCK,
	RUNNER_USED,
	RUNNER_NO_ROOM,

	RUNNER_REFUSALS,
};

/* Such as "signature". */
const char *runner_refusal_name(enum runner_refusal refusal);

/* Such as "the token's signature is not of that key". */
const char *runner_refusal_text(enum runner_refusal refusal);

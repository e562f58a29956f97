/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The text that an approver signs, and the hashes in it. The daemon and the client each make the
 * text from what they know; a signature counts only for the text that the daemon makes itself.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "base/sha256.h"
#include "gate/token/token.h"

#define APPROVAL_GATE_LEN 16
#define APPROVAL_GATE_HEX_LEN 32
#define ADDITION_NONCE_LEN 16

struct approval_text {
	uint8_t gate[APPROVAL_GATE_LEN];
	uint8_t token[TOKEN_ID_LEN];
	uint8_t fingerprint[FINGERPRINT_LEN];
	uint8_t record[SHA256_LEN];
	bool approve;              /* false: a refusal, which has no `always` */
	struct standing standing;  /* its scope is in `entry` */
	uint8_t entry[SHA256_LEN]; /* of an approval for good */
	uint8_t boot_id[16];
	uint64_t until_ms;  /* of the boot clock */
	const char *reason; /* or NULL */
};

/* Appends it. Errors: those of bytes_append(). */
int approval_text_print(const struct approval_text *t, struct bytes *b);

/*
 * Makes `record`: SHA-256 over what the token is valid for, the asker and the rule that asked, as
 * gate/field-hash.
 */
void approval_record_hash(const struct invocation *asked, uid_t uid, const char *rule,
	uint8_t ret[static SHA256_LEN]);

/* Makes `entry`: the same over the members of the allowlist's entry that will be made. */
void approval_entry_hash(
	const struct invocation *asked, uid_t uid, uint8_t scope, uint8_t ret[static SHA256_LEN]);

/* The text that is signed for an entry that an operator adds to the allowlist. */
struct addition_text {
	uint8_t gate[APPROVAL_GATE_LEN];
	uint8_t entry[SHA256_LEN];
	uint64_t time_ms; /* of the wall clock */
	uint8_t nonce[ADDITION_NONCE_LEN];
};

int addition_text_print(const struct addition_text *t, struct bytes *b);

/*
 * Computes `entry`, the hash of an addition. `argv`: an array of strings and arrays of strings, or
 * NULL for an empty one. The agent may be NULL. Returns false if `argv` has another shape.
 */
bool addition_entry_hash(
	const struct addition *addition, const struct json *argv, uint8_t ret[static SHA256_LEN]);

/* Makes the text for a decision about a token; `reason` may be NULL, and belongs to a refusal. */
void approval_text_of(const struct token *token, const uint8_t gate[static APPROVAL_GATE_LEN],
	bool approve, const struct standing *standing, const char *reason,
	struct approval_text *ret);

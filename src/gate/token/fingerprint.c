/* SPDX-License-Identifier: ISC */

/* The fingerprints of both contracts. */

#include "gate/token/fingerprint.h"

#include <string.h>

#include "base/sha256.h"
#include "gate/field-hash.h"

/* The name of the second form; it is hashed first. */
#define EVALUATE_FORM "firma.evaluate.v1\n"

static void update_with_nul(struct sha256 *state, const char *str)
{
	sha256_update(state, str, strlen(str) + 1);
}

static void compute_exec(struct sha256 *state, const struct invocation *asked)
{
	const struct string_list *args = &asked->args;

	update_with_nul(state, asked->executable);
	sha256_update(state, args->text, args->len);
	update_with_nul(state, asked->session_id);
	update_with_nul(state, asked->sandbox_id);
	if (asked->agent_id)
		sha256_update(state, asked->agent_id, strlen(asked->agent_id));
}

void fingerprint_compute(const struct invocation *asked, uint8_t ret[static FINGERPRINT_LEN])
{
	struct sha256 state;

	_Static_assert(FINGERPRINT_LEN == SHA256_LEN, "SHA-256");
	sha256_init(&state);
	if (fields_contract(asked) == CONTRACT_EXEC) {
		compute_exec(&state, asked);
	} else {
		sha256_update(&state, EVALUATE_FORM, sizeof(EVALUATE_FORM) - 1);
		field_hash_all(&state, asked);
	}
	sha256_final(&state, ret);
}

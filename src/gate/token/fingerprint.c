/* SPDX-License-Identifier: ISC */

/* The fingerprint of a request. */

#include "gate/token/fingerprint.h"

#include <string.h>

#include "base/sha256.h"

static void update_with_nul(struct sha256 *state, const char *str)
{
	sha256_update(state, str, strlen(str) + 1);
}

void fingerprint_compute(const struct invocation *asked, uint8_t ret[static FINGERPRINT_LEN])
{
	const struct string_list *args = &asked->args;
	struct sha256 state;

	_Static_assert(FINGERPRINT_LEN == SHA256_LEN, "SHA-256");
	sha256_init(&state);
	update_with_nul(&state, asked->executable);
	sha256_update(&state, args->text, args->len);
	update_with_nul(&state, asked->session_id);
	update_with_nul(&state, asked->sandbox_id);
	if (asked->agent_id)
		sha256_update(&state, asked->agent_id, strlen(asked->agent_id));
	sha256_final(&state, ret);
}

/* SPDX-License-Identifier: ISC */

/* The fingerprint of a request. */

#include "gate/fingerprint.h"

#include <nettle/sha2.h>
#include <string.h>

static void update_with_nul(struct sha256_ctx *state, const char *str)
{
	sha256_update(state, strlen(str) + 1, (const uint8_t *)str);
}

void fingerprint_compute(const char *executable, const char *args, size_t n_args,
	const char *session_id, const char *sandbox_id, const char *agent_id,
	uint8_t ret[static FINGERPRINT_LEN])
{
	struct sha256_ctx state;

	_Static_assert(FINGERPRINT_LEN == SHA256_DIGEST_SIZE, "SHA-256");
	sha256_init(&state);
	update_with_nul(&state, executable);
	for (; n_args > 0; n_args--, args += strlen(args) + 1)
		update_with_nul(&state, args);
	update_with_nul(&state, session_id);
	update_with_nul(&state, sandbox_id);
	if (agent_id)
		sha256_update(&state, strlen(agent_id), (const uint8_t *)agent_id);
	sha256_digest(&state, FINGERPRINT_LEN, ret);
}

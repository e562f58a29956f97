/* SPDX-License-Identifier: ISC */

/* The fingerprint of a request. */

#include "gate/fingerprint.h"

#include <sodium.h>
#include <string.h>

static void update(crypto_hash_sha256_state *state, const char *bytes, size_t len)
{
	crypto_hash_sha256_update(state, (const unsigned char *)bytes, len);
}

static void update_with_nul(crypto_hash_sha256_state *state, const char *str)
{
	update(state, str, strlen(str) + 1);
}

void fingerprint_compute(const char *executable, const char *args, size_t n_args,
	const char *session_id, const char *sandbox_id, const char *agent_id,
	uint8_t ret[static FINGERPRINT_LEN])
{
	crypto_hash_sha256_state state;

	_Static_assert(FINGERPRINT_LEN == crypto_hash_sha256_BYTES, "SHA-256");
	crypto_hash_sha256_init(&state);
	update_with_nul(&state, executable);
	for (; n_args > 0; n_args--, args += strlen(args) + 1)
		update_with_nul(&state, args);
	update_with_nul(&state, session_id);
	update_with_nul(&state, sandbox_id);
	if (agent_id)
		update(&state, agent_id, strlen(agent_id));
	crypto_hash_sha256_final(&state, ret);
}

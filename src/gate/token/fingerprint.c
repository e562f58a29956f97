/* SPDX-License-Identifier: ISC */

/* The fingerprint of a request. */

#include "gate/token/fingerprint.h"

#include <string.h>

#include "base/sha256.h"

static void update_with_nul(struct sha256 *state, const char *str)
{
	sha256_update(state, str, strlen(str) + 1);
}

void fingerprint_compute(const char *executable, const char *args, size_t n_args,
	const char *session_id, const char *sandbox_id, const char *agent_id,
	uint8_t ret[static FINGERPRINT_LEN])
{
	struct sha256 state;

	_Static_assert(FINGERPRINT_LEN == SHA256_LEN, "SHA-256");
	sha256_init(&state);
	update_with_nul(&state, executable);
	for (; n_args > 0; n_args--, args += strlen(args) + 1)
		update_with_nul(&state, args);
	update_with_nul(&state, session_id);
	update_with_nul(&state, sandbox_id);
	if (agent_id)
		sha256_update(&state, agent_id, strlen(agent_id));
	sha256_final(&state, ret);
}

/* SPDX-License-Identifier: ISC */
#pragma once

/* Signs requests as a CI runner with a shared key, each with its own time and nonce. */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/json/members.h"
#include "gate/runner/claims.h"
#include "ledger/approval/gate-id.h"
#include "ledger/evidence/key.h"

struct runner_key {
	const char *id;
	struct evidence_key *key;
	struct members claims; /* of the file */
	struct bytes text;     /* of the file */
	const char *identity[RUNNER_FIELDS];
	char gate[2 * GATE_ID_LEN + 1]; /* "" until the daemon was asked */
};

#define RUNNER_KEY_INIT                \
	{                              \
		.text = BYTES_PRINTED, \
	}

void runner_key_deinit(struct runner_key *key);

/* Adds the member `runner_auth` to a request's line. Error: -ENOMEM, or -EINVAL if it is none. */
int runner_append_auth(struct bytes *line, const char *auth, size_t len);

/* Takes the gate's ID from the daemon's answer to local.exec.gate; returns whether it has one. */
bool runner_key_take_gate(struct runner_key *key, const struct bytes *line);

/* Writes the request with its signature. Error: -ENOMEM, or -EINVAL if it is no request. */
int runner_key_sign(const struct runner_key *key, const struct bytes *request, struct bytes *ret);

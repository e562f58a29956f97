/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Verifies the runner that a request names, and keeps which tokens were used for what. Embedded:
 * runner_gate_init(), runner_gate_check() before each decision, runner_gate_write() before the
 * answers leave, runner_gate_deinit().
 */

#include "daemon/live-policy.h"
#include "gate/decide-input.h"
#include "gate/runner/jwt.h"
#include "gate/runner/uses.h"
#include "gate/wire/request.h"
#include "ledger/approval/gate-id.h"
#include "ledger/state-dir.h"

struct runner_gate {
	struct state_dir *dir; /* or NULL: uses are kept in memory only */
	struct runner_uses uses;
	struct gate_id id; /* which a signature with a shared key names */
	bool loaded, dirty;
	struct bytes fault; /* why the uses are not known; "" if they are */
};

void runner_gate_init(struct runner_gate *gate);
void runner_gate_deinit(struct runner_gate *gate);

/* The circumstances of a request. */
struct runner_asking {
	const char *line; /* without its newline */
	size_t len;
	uid_t uid;
	uint64_t asked_wall; /* when the question was asked first, µs of the wall clock */
	bool waited;         /* it was held back, and is decided again */
};

/* What is known of one request's proof. Embedded: RUNNER_PROOF_INIT, runner_proof_deinit(). */
struct runner_proof {
	struct runner_result result;
	struct jwt jwt;
	bool verified; /* the signature holds, so its claims may be told */
	struct bytes detail;
};

#define RUNNER_PROOF_INIT                                              \
	{                                                              \
		.jwt = JWT_INIT, .detail = BYTES_INIT(BYTES_UNLIMITED) \
	}

void runner_proof_deinit(struct runner_proof *proof);

/*
 * The gate's ID, which an asker needs to sign: GATE_ID_LEN bytes. NULL if the policy has no
 * signers, or the ID is not known.
 */
const uint8_t *runner_gate_id(
	struct runner_gate *gate, const struct live_policy *policy, struct state_dir *dir);

/*
 * Checks `runner_auth` of a request of an asker; if it holds, sets asked.runner and notes the use.
 * A question that waits for a person may outlive its token. Error: -ENOMEM.
 */
int runner_gate_check(struct runner_gate *gate, struct live_policy *policy, struct state_dir *dir,
	struct request *request, const struct runner_asking *asking, const struct clock_time *now,
	struct runner_proof *ret);

/* Writes the uses if one was noted. Error: a negative errno. */
int runner_gate_write(struct runner_gate *gate);

/*
 * Appends the line of a request for the evidence: without the token, but with what it proves. The
 * request has `runner_auth`, which stands in the line. Errors: those of bytes_append().
 */
int runner_proof_append_request(const struct runner_proof *proof, const struct request *request,
	const char *line, size_t len, struct bytes *b);

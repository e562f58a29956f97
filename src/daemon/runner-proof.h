/* SPDX-License-Identifier: ISC */
#pragma once

/* What is known of the runner that one request names, and how that is recorded. */

#include "gate/decide-input.h"
#include "gate/runner/jwt.h"
#include "gate/wire/request.h"

/* Embedded: RUNNER_PROOF_INIT, runner_check(), runner_proof_deinit(). */
struct runner_proof {
	struct runner_result result;
	struct jwt jwt;
	bool verified; /* the signature holds, so the claims of `jwt` may be recorded */
	struct bytes detail;
};

#define RUNNER_PROOF_INIT                                \
	{                                                \
		.jwt = JWT_INIT, .detail = BYTES_PRINTED \
	}

void runner_proof_deinit(struct runner_proof *proof);

/*
 * Appends the line of a request for the evidence: without the token or signature, but with what it
 * proves. The request has `runner_auth`, which stands in the line. Errors: those of bytes_append().
 */
int runner_proof_append_request(const struct runner_proof *proof, const struct request *request,
	const char *line, size_t len, struct bytes *b);

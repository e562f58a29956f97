/* SPDX-License-Identifier: ISC */
#pragma once

/* The check of a runner's signature with a shared key (HMAC-SHA256), a part of daemon/runner-gate.
 */

#include "daemon/runner-attempt.h"

/*
 * Checks the signature of the request; if it holds, sets asked.runner. `v2`: the second form, whose
 * nonce is used up. Returns an enum runner_refusal with `detail` of the proof, or -ENOMEM.
 */
int runner_hmac_check(const struct runner_attempt *attempt, const struct runners *runners, bool v2,
	struct runner_proof *proof);

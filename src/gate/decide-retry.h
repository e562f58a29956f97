/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A request that names its token. The checks are in the order of the design, section 6:
 * decide_retry_begin(), then the judgement of the policy, which may deny, then decide_retry_end().
 */

#include "gate/decide-input.h"
#include "gate/verdict.h"

#define DECIDE_FALSE_CLAIM "request_fingerprint is not the request's"

/* Whether the fingerprint that the request claims, if any, is its own. */
bool decide_retry_claim_fits(const struct decide_input *in);

/*
 * Whether several requests have asked for this token, and another one has consumed it. Then this
 * request is judged like one without a token.
 */
bool decide_retry_asks_again(const struct decide_input *in);

/* Whether the token is live and for this request; if not, the verdict denies. */
bool decide_retry_begin(const struct decide_input *in, struct verdict *v);

/* Consumes an approved token; with a pending one the request stays pending. */
void decide_retry_end(const struct decide_input *in, const struct judgement *j, struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Decisions by the allowlist, and decisions about the allowlist. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * Whether an asker may approve its own request. If one door serves everyone, operators and askers
 * can't be told apart.
 */
bool decide_self_approval(const struct decide_input *in);

/* Allows a request that no rule allows if an entry does; false if there is no such entry. */
bool decide_allow_match(
	const struct decide_input *in, const struct judgement *j, struct verdict *v);

/*
 * Adds the entry of a consumed token to the verdict, if the token was approved always and an entry
 * may still be made. The token allows this one request in any case.
 */
void decide_allow_keep(const struct decide_input *in, const struct judgement *j, struct verdict *v);

/* Approves a token, pending or approved, for good. */
void decide_allow_always(const struct decide_input *in, struct verdict *v);

/* The operators' actions on the allowlist. */
void decide_allow_action(const struct decide_input *in, struct verdict *v);

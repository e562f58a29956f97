/* SPDX-License-Identifier: ISC */
#pragma once

/* What the allowlist decides, and what is decided about the allowlist. */

#include "gate/decide-input.h"
#include "gate/verdict.h"

/*
 * Whether an asker may be its own approver. With one door for everyone, operators and askers can't
 * be told apart.
 */
bool decide_self_approval(const struct decide_input *in);

/* Allows what no rule allows and an entry does; false where there is no such entry. */
bool decide_allow_match(
	const struct decide_input *in, const struct judgement *j, struct verdict *v);

/*
 * The entry that a consumed token leaves behind, where it was approved always and nothing stands
 * against that by now. The token allows this one request in any case.
 */
void decide_allow_keep(const struct decide_input *in, const struct judgement *j, struct verdict *v);

/* An approval for good, of a token that is pending or approved. */
void decide_allow_always(const struct decide_input *in, struct verdict *v);

/* The operators' actions on the allowlist. */
void decide_allow_action(const struct decide_input *in, struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What an approval needs in addition to an operator's word: the sum of what the token demands (from
 * the rules that asked), what the policies in force demand, and what the settings demand.
 */

#include "gate/approval/demand.h"
#include "gate/decide-input.h"
#include "gate/verdict.h"

/* All add to `*d`. Error: -ENOMEM. */

/* What the rules in force demand for this request. */
int decide_demand_of_request(const struct decide_input *in, struct demand *d);

/* For a retry: the same, and what its token demands. */
int decide_demand_of_retry(const struct decide_input *in, struct demand *d);

/*
 * For the token that an operator names. Its request is rebuilt from the token; the asker's groups
 * are not known.
 */
int decide_demand_of_token(const struct decide_input *in, struct demand *d);

/*
 * Whether the rules in force demand anything for this request. If so, an entry that was added to
 * the allowlist by hand does not allow it.
 */
bool decide_demand_is_made(const struct decide_input *in, struct verdict *v);

/* Whether anything is demanded for this retry. */
bool decide_demand_is_made_of_retry(const struct decide_input *in, struct verdict *v);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The option that `allow` and `token approve --always` share. */

#include "base/clock.h"
#include "cli/option.h"
#include "gate/limits.h"

/* The value of --for: how long an entry of the allowlist lasts. */
#define ALLOW_FOR(object, member)                                                             \
	OPTION_DURATION(object, member), .min = CLOCK_MS,                                     \
					 .max = LIMIT_ALLOW_FOR_MS * CLOCK_MS + CLOCK_MS - 1, \
					 .wants = "a time, such as 8h, of at most 100 years"

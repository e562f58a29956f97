/* SPDX-License-Identifier: ISC */
#pragma once

/* Whether a line of shell can be approved for good: it is then bound as a whole. */

#include "base/bytes.h"
#include "gate/invocation.h"
#include "gate/policy/rule.h"

enum allow_line {
	ALLOW_LINE_NONE,   /* no shell that is called with a line and nothing else */
	ALLOW_LINE_PLAIN,  /* what it runs is known */
	ALLOW_LINE_OPAQUE, /* only a rule can let it be remembered */
};

/* The line can't be approved for good. */
enum { ALLOW_LINE_UNFIT = 1 };

/* Error: -ENOMEM. */
int allow_line_kind(const struct invocation *asked, enum allow_line *ret);

/*
 * Checks that the asker has claimed each program of a plain line, and that other users can't change
 * these programs. Returns 0, ALLOW_LINE_UNFIT with the reason appended to `why`, or -ENOMEM.
 */
int allow_line_check(
	const struct invocation *asked, const struct trusted *trusted, struct bytes *why);

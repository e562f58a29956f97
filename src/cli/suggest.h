/* SPDX-License-Identifier: ISC */
#pragma once

/* The smallest rule that would allow a command. */

#include <sys/types.h>

#include "base/bytes.h"
#include "gate/policy/policy.h"

/* Sentences without the full stop, each NUL-terminated. */
struct suggest_notes {
	struct bytes text;
	size_t n;
};

#define SUGGEST_NOTES_INIT                                   \
	{                                                    \
		.text = { .max = BYTES_PRINTED_MAX }, .n = 0 \
	}

/*
 * Appends the rule as JSON, or nothing if no rule can name the command. The rule matches this
 * command with these arguments, asked for by this user. If it matches more than that, or has no
 * effect, a note says so. `policy` may be NULL. Errors: those of bytes_append().
 */
int suggest_rule(const struct policy *policy, const struct request *request, uid_t uid,
	const struct judgement *judgement, struct bytes *rule, struct suggest_notes *notes);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The smallest rule that would allow a command. */

#include <sys/types.h>

#include "base/bytes.h"
#include "gate/policy/policy.h"

/* Sentences without their full stop, each ended by NUL. */
struct suggest_notes {
	struct bytes text;
	size_t n;
};

#define SUGGEST_NOTES_INIT                                 \
	{                                                  \
		.text = { .max = BYTES_UNLIMITED }, .n = 0 \
	}

int suggest_notes_add(struct suggest_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Appends it as JSON; nothing where no rule can name the command. It fits this command with these
 * arguments, asked for by this user; what it fits beyond that, and what keeps it from having an
 * effect, becomes a note. `policy` may be NULL. Errors: those of bytes_append().
 */
int suggest_rule(const struct policy *policy, const struct request *request, uid_t uid,
	const struct judgement *judgement, struct bytes *rule, struct suggest_notes *notes);

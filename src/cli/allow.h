/* SPDX-License-Identifier: ISC */
#pragma once

/* What the verbs of the allowlist share, and an option of `token approve --always`. */

#include "base/clock.h"
#include "cli/operator.h"
#include "gate/limits.h"

#define ALLOW_OPERATOR(the_verb)                                                          \
	{                                                                                 \
		.verb = (the_verb), .timeout = CLIENT_TIMEOUT, .look = "firma allow list" \
	}

/* Appends a request's line; `id` may be NULL. Errors: those of bytes_append(). */
int allow_print_action(enum action action, const char *id, struct bytes *line);

/* The value of --for: how long an entry of the allowlist lasts. */
#define ALLOW_FOR(object, member)                                                             \
	OPTION_DURATION(object, member), .min = CLOCK_MS,                                     \
					 .max = LIMIT_ALLOW_FOR_MS * CLOCK_MS + CLOCK_MS - 1, \
					 .wants = "a time, such as 8h, of at most 100 years"

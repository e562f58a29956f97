/* SPDX-License-Identifier: ISC */
#pragma once

/* A question as an agent would ask it, made from the table of dialects. */

#include "base/bytes.h"
#include "cli/hook-dialect.h"

/* Appends the question whether the agent's shell may run this line. Errors: bytes_append()'s. */
int hook_sample_print(const struct hook_dialect *dialect, const char *line, const char *session,
	const char *cwd, struct bytes *out);

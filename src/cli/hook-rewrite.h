/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Replaces the line that an agent would run by `firma run --shell LINE`, so that exactly what was
 * asked about is executed: the agent's aliases and functions don't matter, and neither does a file
 * that is swapped after the question.
 */

#include "cli/hook-question.h"

/* Whether the agent takes other arguments from its hook. */
bool hook_rewrite_is_possible(const struct hook_dialect *dialect);

/*
 * Makes the answer that allows the tool with the new line. `program` is firma's path, `text` the
 * question's text; `token` is the approval that the run consumes, or "". Returns 0, -E2BIG if the
 * answer is too long for one write, -EINVAL if a word can't be quoted, or -ENOMEM.
 */
int hook_rewrite_answer(const struct hook_question *question, const struct bytes *text,
	const char *program, const char *socket, const char *token, struct bytes *ret);

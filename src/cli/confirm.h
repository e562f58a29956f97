/* SPDX-License-Identifier: ISC */
#pragma once

/* The question "yes or no" on a terminal. */

#include <stdbool.h>

#include "base/bytes.h"

#define CONFIRM_ANSWER_MAX 64

/*
 * Asks, and reads one line as the answer, without its newline. Typed text from before the question
 * is dropped: it is no answer. False at the end of input, or where the line is too long.
 */
bool confirm_read(
	int terminal, const struct bytes *question, char ret_answer[static CONFIRM_ANSWER_MAX]);

/* Only "y" and "yes", in small or capital letters, mean yes. */
bool confirm_is_yes(const char *answer);

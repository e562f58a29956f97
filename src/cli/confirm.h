/* SPDX-License-Identifier: ISC */
#pragma once

/* A yes-or-no question on a terminal. */

#include <stdbool.h>

#include "base/bytes.h"

#define CONFIRM_ANSWER_MAX 64

/*
 * Asks, and reads one line as the answer, without its newline. Input that was typed before the
 * question is dropped. Returns false at the end of input, or if the line is too long.
 */
bool confirm_read(
	int terminal, const struct bytes *question, char ret_answer[static CONFIRM_ANSWER_MAX]);

/* Only "y" and "yes", in lower or upper case, mean yes. */
bool confirm_is_yes(const char *answer);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The words of an opaque line, for rules that deny or ask: what the line would run isn't known, so
 * that each word may be a command or an argument of each earlier one. There are several ways to
 * take a line apart; a rule that matches in one of them matches.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum shell_view {
	SHELL_QUOTED, /* a word ends where a shell ends it; quotes and backslashes keep it together
		       */
	SHELL_FLAT,   /* quotes and backslashes are left out: a quoted text is words, too */
	SHELL_TORN,   /* the same, and each character that is not one of a plain word ends it */
	SHELL_VIEWS,
};

struct shell_words {
	struct bytes text; /* each ended by NUL */
	struct bytes ends; /* a byte for each word: 1 where a command may end after it */
	size_t n;
};

/* shell_words_deinit() in any case. Error: -ENOMEM. */
int shell_words_take(struct shell_words *words, const char *line, enum shell_view view);
void shell_words_deinit(struct shell_words *words);

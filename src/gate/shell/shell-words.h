/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The words of an opaque line, for rules that deny or ask. It is not known what the line would run,
 * so each word may be a command, or an argument of each earlier word. A line is split in several
 * ways; a rule matches if it matches in one of them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum shell_view {
	SHELL_QUOTED, /* split as a shell does; quotes and backslashes join */
	SHELL_FLAT,   /* quotes and backslashes are dropped: quoted text is split, too */
	SHELL_TORN,   /* the same; also split at characters that no plain word has */
	SHELL_VIEWS,
};

struct shell_words {
	struct bytes text; /* each ended by NUL */
	struct bytes ends; /* a byte per word: 1 if a command may end after it */
	size_t n;
};

/* Call shell_words_deinit() even on failure. Error: -ENOMEM. */
int shell_words_take(struct shell_words *words, const char *line, enum shell_view view);
void shell_words_deinit(struct shell_words *words);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The terminal of the operator's desk: text that runs upward, and below it one prompt, which can be
 * redrawn. Zeroed and opened by its owner (cli/keyboard). A failure to write sets `failed`.
 */

#include <stdbool.h>
#include <stddef.h>

#include "cli/console.h"
#include "cli/keyboard.h"

struct screen {
	struct keyboard keyboard;
	struct console console;
	size_t prompt_len; /* columns of the prompt */
	bool failed;
};

/* Takes the terminal's present size. */
void screen_look(struct screen *s);

void screen_put(struct screen *s, const char *text, size_t len);
void screen_put_str(struct screen *s, const char *text);

/* Folds the text to the screen's width. */
void screen_put_folded(struct screen *s, const char *text);

/* Writes the prompt, cut to one line, in place of the one before. */
void screen_prompt(struct screen *s, const char *text, size_t len);
void screen_erase_prompt(struct screen *s);

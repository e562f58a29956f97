/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Size and colours of the terminal that a text is shown on. Without a terminal the width is 0, and
 * text is neither folded nor cut nor coloured.
 */

#include <stdbool.h>
#include <stddef.h>

struct console {
	size_t columns, rows; /* 0: no terminal */
	bool colour;
};

/*
 * Fills `ret` for the descriptor's terminal: its size, else $COLUMNS and $LINES, else 80 by 24.
 * Colour needs a terminal; $NO_COLOR (set and not empty) or TERM=dumb turns it off.
 */
void console_look(int fd, struct console *ret);

static inline bool console_is_there(const struct console *console)
{
	return console->columns > 0;
}

enum style { STYLE_NONE, STYLE_BOLD, STYLE_FAINT, STYLE_RED, STYLE_GREEN, STYLE_YELLOW, STYLES };

/* The sequences that turn a style on, and all styles off; "" without colour or for STYLE_NONE. */
const char *console_style(const struct console *console, enum style style);
const char *console_plain(const struct console *console, enum style style);

/* The number of lines in a text that was folded to the screen; the last may lack its newline. */
size_t console_lines(const char *text, size_t len);

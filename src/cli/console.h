/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What is known of the terminal that something is shown on. Off a terminal there is no width, and
 * what is made for one that isn't there is neither folded nor cut nor coloured.
 */

#include <stdbool.h>
#include <stddef.h>

struct console {
	size_t columns, rows; /* 0: no terminal */
	bool colour;
};

/*
 * Looks at the terminal behind a descriptor: its size, else $COLUMNS and $LINES, else 80 by 24.
 * Colour is for terminals, but not with $NO_COLOR (set, and not empty) or TERM=dumb.
 */
void console_look(int fd, struct console *ret);

static inline bool console_is_there(const struct console *console)
{
	return console->columns > 0;
}

enum style { STYLE_NONE, STYLE_BOLD, STYLE_FAINT, STYLE_RED, STYLE_GREEN, STYLE_YELLOW, STYLES };

/* What turns a style on, and all of them off; "" where no colour is wanted, and for STYLE_NONE. */
const char *console_style(const struct console *console, enum style style);
const char *console_plain(const struct console *console, enum style style);

/* How many lines a text takes that was folded to the screen; its last may lack the newline. */
size_t console_lines(const char *text, size_t len);

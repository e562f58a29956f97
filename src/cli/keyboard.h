/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The terminal of whoever answers: single keys without Enter, or lines. It is left as it was found,
 * also when a signal ends the program, or stops it for a while.
 */

#include <stdbool.h>
#include <stddef.h>

struct keyboard {
	int fd; /* /dev/tty, to be read and written */
};

/* One at a time in a program. Error: what open(2) and tcgetattr(3) give; nothing to close then. */
int keyboard_open(struct keyboard *keyboard);
void keyboard_close(struct keyboard *keyboard);

/* From now on a key can be read at once, and isn't shown; or a line, once Enter is pressed. */
void keyboard_take_keys(struct keyboard *keyboard);
void keyboard_take_lines(struct keyboard *keyboard);

/* Drops what was typed and not read yet; tells whether there was anything. */
bool keyboard_forget(struct keyboard *keyboard);

/* The key that was pressed; KEYBOARD_END where there are no more, 0 where there is none now. */
#define KEYBOARD_END (-1)
int keyboard_key(struct keyboard *keyboard);

/*
 * Reads a line, without its newline, into a string of at most `size` bytes. False where input has
 * ended, or the line didn't fit.
 */
bool keyboard_line(struct keyboard *keyboard, char *ret, size_t size);

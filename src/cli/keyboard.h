/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The terminal of the person who answers: single keys without Enter, or lines. The terminal's
 * settings are restored at the end, also if a signal ends or suspends the program.
 */

#include <stdbool.h>
#include <stddef.h>

struct keyboard {
	int fd; /* /dev/tty, open for reading and writing */
};

/*
 * Only one at a time in a program. Error: that of open(2) or tcgetattr(3); nothing to close then.
 */
int keyboard_open(struct keyboard *keyboard);
void keyboard_close(struct keyboard *keyboard);

/*
 * Writes a sequence to the terminal now, and another one when the keyboard is closed or a signal
 * ends the program. The keyboard is open; once only; `after` is not copied.
 */
void keyboard_change(struct keyboard *keyboard, const char *now, const char *after);

/* Switches to keys, which are read at once and not echoed, or to lines, which end with Enter. */
void keyboard_take_keys(struct keyboard *keyboard);
void keyboard_take_lines(struct keyboard *keyboard);

/* Drops input that was typed but not read; returns whether there was any. */
bool keyboard_forget(struct keyboard *keyboard);

enum { KEYBOARD_END = -1 };

/* Returns the pressed key, KEYBOARD_END at the end of input, or 0 if no key was pressed. */
int keyboard_key(struct keyboard *keyboard);

/*
 * Reads a line, without its newline, into a string of at most `size` bytes. False at the end of
 * input, or if the line doesn't fit.
 */
bool keyboard_line(struct keyboard *keyboard, char *ret, size_t size);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Messages of a verb, and its exit status. A message is one line on standard error that begins with
 * "firma: "; foreign text in it must be escaped. Standard output holds only results.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Exit statuses (design, section 2). Any status but 0 means "don't run it". */
enum status {
	STATUS_DONE = 0,
	STATUS_REFUSED = 1, /* denied, refused, or invalid */
	STATUS_USAGE = 2,
	STATUS_UNDECIDED = 3,    /* could not decide: no daemon, no proper reply, outcome unknown */
	STATUS_POLICY_FAULT = 4, /* of `status`: the daemon runs, its policy has a fault */
	STATUS_WARNED = 4,       /* of `doctor`: nothing is wrong, but there are warnings */
	STATUS_UNCHECKED = 4, /* of `evidence verify`: valid, but its signatures weren't checked */
	STATUS_EXPIRED = 4,   /* of `check`: the token has expired */
	STATUS_PENDING = 75,
};

/* Turns messages off. */
void say_nothing(void);
bool say_is_quiet(void);

/*
 * From now on the last message is kept in `message`, without "firma: ", and not printed; `message`
 * is empty if memory ran out. NULL: messages are printed again. For a caller that prints its own
 * form of answer.
 */
void say_keep(struct bytes *message);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same for a text with (escaped) foreign text: on a terminal it is folded, so that no foreign
 * text is at the beginning of a line.
 */
void say_foreign(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Always returns STATUS_UNDECIDED, for the caller to return. */
int say_undecided(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints a line of JSON on standard output. On a terminal, characters that are invisible or that
 * control the terminal are written as \uXXXX, which changes no value.
 */
void say_json(const char *line, size_t len);

/* Flushes standard output, before the next message is printed. */
void say_flush(void);

/*
 * Call this last. Checks that all of standard output was written. Returns `status`, or
 * STATUS_UNDECIDED with a message.
 */
int say_finish(int status);

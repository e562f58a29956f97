/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What a verb says to a person, and how it ends. Messages go to standard error as one line that
 * begins with "firma: "; foreign text in them must be escaped. Standard output holds results alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Exit statuses (design, section 2). Anything but 0 means "don't run it". */
enum status {
	STATUS_DONE = 0,
	STATUS_REFUSED = 1, /* denied, refused, does not hold */
	STATUS_USAGE = 2,
	STATUS_UNDECIDED = 3,    /* could not decide: no daemon, no proper reply, outcome unknown */
	STATUS_POLICY_FAULT = 4, /* of `status`: it answers, and the policy's file has a fault */
	STATUS_PENDING = 75,
};

/* From now on nothing is said. */
void say_nothing(void);
bool say_is_quiet(void);

/*
 * From now on the last message is kept here, without "firma: ", instead of being written; it is
 * empty where there was no memory for it. For a caller that answers in a form of its own.
 */
void say_keep(struct bytes *message);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same, where the text has what others wrote (escaped): on a terminal it is folded, so that
 * nothing of that begins a line.
 */
void say_foreign(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Always returns STATUS_UNDECIDED, to be returned in turn. */
int say_undecided(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints a line of JSON on standard output: as it came, but for a terminal, where characters that a
 * person can't see, or a terminal could obey, are written as \uXXXX. That changes no value.
 */
void say_json(const char *line, size_t len);

/* What was printed on standard output goes out now, before what is said next. */
void say_flush(void);

/*
 * The last thing that a program does: whether everything that was printed on standard output could
 * be written. Returns `status`, or STATUS_UNDECIDED with a message.
 */
int say_finish(int status);

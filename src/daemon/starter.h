/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the daemon offers to a program that starts it without systemd: a pid file by which it is
 * found, and a descriptor on which it says that it answers.
 */

#include "base/bytes.h"
#include "base/pid-file.h"

/* The pid file can't be taken, as `why` says. */
enum { STARTER_REFUSED = 1 };

/*
 * Locks the file and writes this process's number; does nothing if `path` is NULL. Returns 0,
 * STARTER_REFUSED, or -ENOMEM.
 */
int starter_take_pid_file(struct pid_file *f, const char *path, struct bytes *why);

/* Removes the file, if it was taken. */
void starter_leave_pid_file(struct pid_file *f);

/* Writes a newline to the descriptor, as s6 expects it, and closes it. -1: there is none. */
void starter_tell_ready(int *fd);

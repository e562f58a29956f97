/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * For whoever starts the daemon without systemd: a pid file by which it is found, and a descriptor
 * on which it says that it answers.
 */

#include "base/bytes.h"
#include "base/pid-file.h"

enum { STARTER_REFUSED = 1 };

/*
 * Locks the file and writes this process's number. Returns 0, a negative errno, or STARTER_REFUSED
 * with a sentence in `why`. NULL: there is none.
 */
int starter_take_pid_file(struct pid_file *f, const char *path, struct bytes *why);

/* Removes the file, if it was taken. */
void starter_leave_pid_file(struct pid_file *f);

/* Writes a line feed to the descriptor, and closes it: s6's notification-fd. -1: there is none. */
void starter_tell_ready(int *fd);

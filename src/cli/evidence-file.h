/* SPDX-License-Identifier: ISC */
#pragma once

/* Helpers that the verbs of `evidence` share. */

#include <stdint.h>

#include "base/bytes.h"

/*
 * Opens a stream for reading; "-" is standard input. Returns STATUS_DONE, or a status to exit with,
 * with the message already printed.
 */
int evidence_file_open(const char *path, int *ret_fd);

/* Appends the path, escaped for a terminal. */
int evidence_file_append_path(struct bytes *b, const char *path);

/* Prints "could not read PATH: ...". Always returns STATUS_UNDECIDED. */
int evidence_file_say_error(const char *path, int error);

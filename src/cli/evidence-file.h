/* SPDX-License-Identifier: ISC */
#pragma once

/* What the verbs of evidence share. */

#include <stdint.h>

#include "base/bytes.h"

/*
 * Opens a stream to be read; "-" is standard input. STATUS_DONE, or a status to end with, which has
 * been said.
 */
int evidence_file_open(const char *path, int *ret_fd);

/* Appends the path as a person may see it. */
int evidence_file_append_path(struct bytes *b, const char *path);

/* "could not read PATH: ...". Always returns STATUS_UNDECIDED. */
int evidence_file_say_error(const char *path, int error);

/* SPDX-License-Identifier: ISC */
#pragma once

/* A file that an option names, or standard input. */

#include <stddef.h>

#include "base/bytes.h"

/* Appends the content; "-" is standard input. Errors: those of open(2) and file_read(). */
int input_file_read(const char *path, size_t max, struct bytes *ret);

/* Puts a JSON text on one line: its line breaks are always white space. */
void input_file_join_lines(struct bytes *json);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The characters that a JSON string holds as they are, for those who read and who write one. */

#include <stddef.h>

/* The number of bytes at the beginning that are ASCII without control characters, but neither '"'
 * nor '\\'. */
size_t json_plain_len(const char *text, size_t len);

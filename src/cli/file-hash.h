/* SPDX-License-Identifier: ISC */
#pragma once

/* The hash of a file's content. */

#include "base/sha256.h"

#define FILE_HASH_HEX_LEN (2 * SHA256_LEN)

/*
 * Hashes the whole file from its beginning; the descriptor's position doesn't change. The result is
 * lower-case hex. On failure returns a negative errno and leaves `ret` untouched.
 */
int file_hash(int fd, char ret[static FILE_HASH_HEX_LEN + 1]);

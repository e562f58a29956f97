/* SPDX-License-Identifier: ISC */
#pragma once

/* The hash of a file's content. */

#include "base/sha256.h"

#define FILE_HASH_HEX_LEN (2 * SHA256_LEN)

/*
 * Hashes all of the file, whatever the position of the descriptor, which stays as it is. The result
 * is lower-case hex. Negative errno; `ret` is then untouched.
 */
int file_hash(int fd, char ret[static FILE_HASH_HEX_LEN + 1]);

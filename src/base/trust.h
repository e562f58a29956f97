/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Opens a file that other users can't have written, replaced or redirected: the file, every
 * directory on its path and every symbolic link on that path belong to root or to `owner`, and
 * group and others have no write permission. A directory with the sticky bit (such as /tmp) may be
 * writable by everyone, since users can't remove each other's files there.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"

/*
 * `path` must be absolute. Returns 0 and a descriptor for reading, a negative errno, or a
 * file_fault (see base/file.h). On failure the path of the faulty component is appended to `at`.
 */
int trust_open(const char *path, uid_t owner, struct bytes *at, int *ret_fd);

/*
 * Opens a directory that the caller will write to. The conditions are those of trust_open(), and
 * stricter: no part of the path may be a symbolic link, and the directory itself may not be
 * writable by everyone, even if it is sticky. `make`: makes missing directories, with mode 0755;
 * otherwise a missing one is -ENOENT. *ret_made: whether the last directory was made. Results and
 * `at` as above.
 */
int trust_open_dir(
	const char *path, uid_t owner, bool make, struct bytes *at, int *ret_fd, bool *ret_made);

/*
 * Appends the sentence for a failure `r` of trust_open() at `at`: "FAULT", or
 * "'/DIR' on the way to it FAULT".
 */
int trust_append_fault(struct bytes *b, const char *path, const char *at, int r);

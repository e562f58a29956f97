/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Opening a file that others must not have been able to write, replace or redirect: the file, every
 * directory on the way to it, and every symbolic link on that way belong to root or to `owner`, and
 * group and others may not write there. A directory with the sticky bit (as /tmp has it) may be
 * written by everybody, since nobody can take away there what belongs to another.
 */

#include <sys/types.h>

#include "base/bytes.h"

/*
 * `path` must be absolute. Returns 0 and a descriptor for reading; a negative errno; or a
 * file_fault (see base/file.h). Where it isn't 0, what was at fault is appended to `at`.
 */
int trust_open(const char *path, uid_t owner, struct bytes *at, int *ret_fd);

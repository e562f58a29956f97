/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Compares a directory with the lists of the bundle that must lie there: every file is there
 * with its size and hash, and there is nothing else. No symbolic link is followed.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "gate/runner/bundle.h"

/*
 * Each difference is said in a line of its own that names the file, up to a number. `signers`: the
 * file of those whose signature counts, which must not be part of the bundle. Returns a status.
 */
int bundle_files_check(struct bundle *bundle, int dir_fd, const struct stat *signers);

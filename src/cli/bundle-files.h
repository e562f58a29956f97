/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Compares a directory with a bundle's lists: it must have every file, with the listed size and
 * hash, and nothing else. Symbolic links are not followed.
 */

#include <stdbool.h>
#include <sys/stat.h>

#include "gate/runner/bundle.h"

/*
 * Prints a line for each difference, up to a limit. `signers`: the file of allowed signers, which
 * must not be part of the bundle. Returns a status.
 */
int bundle_files_check(struct bundle *bundle, int dir_fd, const struct stat *signers);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Paths as text: nothing here looks at a file. */

#include <stdbool.h>
#include <stddef.h>

/* Absolute, and nothing in it that could be left out: no "." or "..", no empty part. Not "/". */
bool path_is_normal(const char *path);

/* What follows the last slash; the whole path if there is none. */
const char *path_name(const char *path);

/* Whether the file lies in this very directory. Both are normal; the directory may be "/". */
bool path_is_in(const char *path, const char *directory);

/*
 * Writes `path` to `ret` without what could be left out: a path that is not absolute continues
 * `base`, which must be. ".." takes away what is before it, as if that were no link. `ret` takes
 * strlen(base) + strlen(path) + 2 bytes; its length is returned.
 */
size_t path_normalize(const char *base, const char *path, char *ret);

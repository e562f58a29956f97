/* SPDX-License-Identifier: ISC */
#pragma once

/* Functions on paths as text. None looks at the file system. */

#include <stdbool.h>
#include <stddef.h>

/* Whether the path is absolute, not "/", and has no ".", no ".." and no empty part. */
bool path_is_normal(const char *path);

/* The part after the last slash; the whole path if there is none. */
const char *path_name(const char *path);

/*
 * Skips each "/proc/PID/root" and "/proc/PID/task/TID/root" at the beginning of the path, and
 * returns the rest; "/" if nothing is left. These links lead to this root directory, or to that of
 * another process.
 */
const char *path_skip_proc_root(const char *path);

/*
 * Whether the file lies directly in the directory. Both paths are normal; `directory` may be "/".
 */
bool path_is_in(const char *path, const char *directory);

/*
 * Writes the normal form of `path` to `ret`. A relative path is taken from `base`, which must be
 * absolute. ".." removes the part before it, as if that were no link. `ret` takes strlen(base) +
 * strlen(path) + 2 bytes; returns the length.
 */
size_t path_normalize(const char *base, const char *path, char *ret);

/* The same for a `base` that is already normal, or "/" or "": copies it unchanged. */
size_t path_normalize_below(const char *base, const char *path, char *ret);

/*
 * The same for comparing what a path may mean on Linux: "/proc/PID/root" is the root directory, and
 * "/proc/self/cwd" is `base`. Sets *ret_any if the path leads through another directory that a
 * process has open: it may then mean any file. `ret` takes strlen(base) + strlen(path) + 2 bytes.
 */
size_t path_normalize_wide(const char *base, const char *path, char *ret, bool *ret_any);

/* A quick filter. If false, path_normalize() and path_normalize_wide() give the same result. */
bool path_may_use_process(const char *path);

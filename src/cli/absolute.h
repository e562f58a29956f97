/* SPDX-License-Identifier: ISC */
#pragma once

/* Returns an absolute path for `path`; the caller frees it. NULL if there is none. */
char *absolute_path(const char *path);

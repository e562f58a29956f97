/* SPDX-License-Identifier: ISC */
#pragma once

/* A path that doesn't depend on the current directory; the caller frees. NULL: not to be had. */
char *absolute_path(const char *path);

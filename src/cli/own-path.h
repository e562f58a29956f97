/* SPDX-License-Identifier: ISC */
#pragma once

/* Where this program is. */

#include <limits.h>

/* The path of the program's file, by the kernel. Errors: those of readlink(2), -ENAMETOOLONG. */
int own_path(char ret[static PATH_MAX]);

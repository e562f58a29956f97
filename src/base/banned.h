/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Functions that this program does without, because each has lost somebody a buffer or an error.
 * Included into every file by the build (-include). The system headers that declare them come
 * first, so that only our own uses are poisoned.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some of them are macros where _FORTIFY_SOURCE watches. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef stpcpy
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat stpcpy
#pragma GCC poison sprintf vsprintf gets
#pragma GCC poison atoi atol atoll
#pragma GCC poison strtok

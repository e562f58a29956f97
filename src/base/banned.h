/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Functions that this program does not use, because each makes it easy to overrun a buffer or to
 * miss an error. The build includes this file into every source file (-include). The system headers
 * that declare the functions come first, so that only our own uses are poisoned.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some of them are macros if _FORTIFY_SOURCE is on. */
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

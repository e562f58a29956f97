/* SPDX-License-Identifier: ISC */
#pragma once

/* The first line of a script, which names its interpreter, as the kernel reads it. */

#include <stdbool.h>

/* The kernel looks at as many bytes of a file. */
#define SCRIPT_LINE_MAX 256

struct script_line {
	char interpreter[SCRIPT_LINE_MAX]; /* as it is written */
	char argument[SCRIPT_LINE_MAX];    /* what follows it, without blanks around it */
	bool has_argument;                 /* the argument may be empty, without a line feed */
};

/* False if the file is no script, or if the kernel would not take it for one. */
bool script_line_read(int fd, struct script_line *ret);

/* SPDX-License-Identifier: ISC */
#pragma once

/* The lines of strace -xx -y: system calls, with all their strings as hex. */

#include <stdbool.h>

#include "base/bytes.h"

#define CALL_STRINGS_MAX 4

struct call {
	char name[24];
	struct bytes strings[CALL_STRINGS_MAX]; /* and descriptors' paths, in order */
	size_t n_strings;
	bool creates;         /* O_CREAT is among the arguments */
	unsigned long number; /* the last argument, if it is a number */
};

/* False: the line is no call, or the call failed. Call call_deinit() in both cases. */
bool call_read(const char *line, struct call *ret);
void call_deinit(struct call *call);

bool call_is(const struct call *call, const char *name);

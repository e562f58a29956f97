/* SPDX-License-Identifier: ISC */
#pragma once

/* The lines that strace -xx -y writes: system calls, with all their strings as hex. */

#include <stdbool.h>

#include "base/bytes.h"

#define CALL_STRINGS_MAX 4

struct call {
	char name[24];
	struct bytes strings[CALL_STRINGS_MAX]; /* and the paths of descriptors, in their order */
	size_t n_strings;
	bool creates;         /* O_CREAT is among the arguments */
	unsigned long number; /* the last argument, where it is one */
};

/* False where the line is no call, or one that failed. call_deinit() in any case. */
bool call_read(const char *line, struct call *ret);
void call_deinit(struct call *call);

bool call_is(const struct call *call, const char *name);

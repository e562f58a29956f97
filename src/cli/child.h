/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A command that runs as a child, as if it ran in place of this process: it has the terminal and
 * all signals, it stops and goes on with us, and it is killed if we are. Nothing else may run in
 * this process meanwhile.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

/*
 * Executes the command in the child. Returns a negative errno, and `why`, where it can't; or the
 * status to end with, having called child_has_begun() first.
 */
typedef int (*child_execute_fn)(const void *userdata, struct bytes *why);

struct child_end {
	int status;    /* as a shell has it: 128 and the signal's number where one ended it */
	int signal;    /* 0: it ended by itself */
	uint64_t time; /* µs that it ran */
};

void child_has_begun(void);

/*
 * Runs it and waits until it has ended. Returns 0, or a negative errno with a sentence in `why`
 * where it did not begin. Standard input and output are no longer open here then.
 */
int child_run(
	child_execute_fn execute, const void *userdata, struct child_end *ret, struct bytes *why);

/* Ends this process as the child ended. Returns the status where no signal ended it. */
int child_end_alike(const struct child_end *end);

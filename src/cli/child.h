/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Runs a command in a child process, as if it replaced this process: the command has the terminal
 * and receives all signals, this process stops and continues with it, and the command is killed if
 * this process is. No other work may happen in this process meanwhile.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

/*
 * Executes the command in the child. If it can't, returns a negative errno with a sentence in
 * `why`; or calls child_has_begun() and returns the exit status.
 */
typedef int (*child_execute_fn)(const void *userdata, struct bytes *why);

struct child_end {
	int status;    /* as in a shell: 128 + the signal's number if a signal ended it */
	int signal;    /* 0: no signal ended it */
	uint64_t time; /* µs of running time */
};

void child_has_begun(void);

/*
 * Runs the command and waits until it has ended. Returns 0, or a negative errno with a sentence in
 * `why` if the command did not begin. Afterwards this process's standard input and output are
 * closed.
 */
int child_run(
	child_execute_fn execute, const void *userdata, struct child_end *ret, struct bytes *why);

/*
 * Ends this process as the child ended: by the same signal. Returns the status if there was none.
 */
int child_end_alike(const struct child_end *end);

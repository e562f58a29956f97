/* SPDX-License-Identifier: ISC */
#pragma once

/* Runs another program for what it prints. */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/*
 * Runs the program of the first word, which is looked for in PATH, and appends its standard output,
 * at most `max` bytes, to `ret`. Its standard input is empty, its standard error is ours. It is
 * killed when `timeout` (µs, at most a day) is over, or when it prints more. *ret_status is its
 * exit status as in a shell. Errors: -ENOENT (there is no such program), -ETIME, -EFBIG, or another
 * errno.
 */
int capture_run(
	const char *const *words, size_t max, uint64_t timeout, struct bytes *ret, int *ret_status);

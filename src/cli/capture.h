/* SPDX-License-Identifier: ISC */
#pragma once

/* Runs another program for what it prints. */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The longest timeout: for a program that waits for a person. */
#define CAPTURE_TIMEOUT_MAX (UINT64_C(24) * 3600 * 1000000)

/*
 * Runs the program of the first word, which is looked for in PATH, and appends its standard output,
 * at most `max` bytes, to `ret`. Its standard input is `input`, which must fit into a pipe's buffer
 * (4 KiB at least), or empty if that is NULL; its standard error is ours. It is killed when
 * `timeout` (µs) is over, or when it prints more. *ret_status is its
 * exit status as in a shell. Errors: -ENOENT (there is no such program), -ETIME, -EFBIG, or another
 * errno.
 */
int capture_run(const char *const *words, const struct bytes *input, size_t max, uint64_t timeout,
	struct bytes *ret, int *ret_status);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Runs another program and takes its output. */

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The longest timeout: for a program that waits for a person. */
#define CAPTURE_TIMEOUT_MAX (UINT64_C(24) * 3600 * 1000000)

/*
 * Runs a program with these words; the first word is looked up in PATH. Appends its standard
 * output, at most `max` bytes, to `ret`. Its standard input is `input`, which must fit into a
 * pipe's buffer (at least 4 KiB); NULL is empty input. Its standard error is that of this process.
 * It is killed when `timeout` (µs) is over, or when it prints more than `max` bytes. *ret_status is
 * its exit status as in a shell. Errors: -ENOENT (there is no such program), -ETIME, -EFBIG, or
 * another errno.
 */
int capture_run(const char *const *words, const struct bytes *input, size_t max, uint64_t timeout,
	struct bytes *ret, int *ret_status);

/*
 * The same with an empty input, for a program of another user, who could take hold of it: it gets
 * nothing of this terminal. It has a session of its own, and the beginning of what it writes to
 * standard error is appended to `messages`, at most `max` bytes.
 */
int capture_run_apart(const char *const *words, size_t max, uint64_t timeout, struct bytes *ret,
	struct bytes *messages, int *ret_status);

/*
 * As capture_run() with an empty input; *ret also has what the program writes to standard error. At
 * most 12 words.
 */
int capture_run_joined(
	const char *const *words, size_t max, uint64_t timeout, struct bytes *ret, int *ret_status);

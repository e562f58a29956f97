/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Runs programs that bring a notice to a person, or that a person started from one, a few at a
 * time. A program that takes too long is killed. No call blocks. Embedded: notify_runs_init(), then
 * notify_runs_deinit(), which kills running programs.
 */

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/clock.h"

#define NOTIFY_RUNS_MAX 16
#define NOTIFY_RUN_TIME (60 * CLOCK_SECOND)

struct notify_run {
	pid_t pid;
	int pidfd;
	uint64_t until; /* when it will be killed, µs of the boot clock */
};

struct notify_runs {
	struct notify_run list[NOTIFY_RUNS_MAX];
	size_t n, max;
	uint64_t time;
};

/*
 * `time`: how long a program may run, in µs. CLOCK_NEVER: as long as it wants, also after
 * notify_runs_deinit().
 */
void notify_runs_init(struct notify_runs *runs, size_t max, uint64_t time);
void notify_runs_deinit(struct notify_runs *runs);

/*
 * Starts a program, with `input` as its standard input, and `sentence` in its environment variable
 * FIRMA_NOTICE; NULL: without that variable. Fewer than `max` programs may be running. Returns 0,
 * or a negative errno if it was not started.
 */
int notify_runs_start(struct notify_runs *runs, const char *const *argv, const struct bytes *input,
	const char *sentence, uint64_t now);

/* Fills `fds`, which has room for NOTIFY_RUNS_MAX, for poll(2). Returns their number. */
size_t notify_runs_fill(const struct notify_runs *runs, struct pollfd *fds);

/* When the next program will be killed; CLOCK_NEVER if none runs. */
uint64_t notify_runs_due(const struct notify_runs *runs);

/* Reaps programs that have ended, kills those that take too long, and prints failures. */
void notify_runs_look(struct notify_runs *runs, uint64_t now);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Programs that carry a notice to a person. They run beside this process, a few at a time; one that
 * takes too long is killed. Nothing here waits. Embedded: notify_runs_init(), then deinit(), which
 * kills what still runs.
 */

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

#define NOTIFY_RUNS_MAX 16
#define NOTIFY_RUN_TIME (UINT64_C(60) * 1000000) /* µs */

struct notify_run {
	pid_t pid;
	int pidfd;
	uint64_t until; /* µs of the boot clock: it is killed then */
};

struct notify_runs {
	struct notify_run list[NOTIFY_RUNS_MAX];
	size_t n, max;
};

void notify_runs_init(struct notify_runs *runs, size_t max);
void notify_runs_deinit(struct notify_runs *runs);

/*
 * Starts a program, with `input` as its standard input, and with FIRMA_NOTICE=`sentence` in its
 * environment. There must be room. Returns 0, or a negative errno: it was not started.
 */
int notify_runs_start(struct notify_runs *runs, const char *const *argv, const struct bytes *input,
	const char *sentence, uint64_t now);

/* Fills `fds`, which has room for NOTIFY_RUNS_MAX, for poll(2). Returns their number. */
size_t notify_runs_fill(const struct notify_runs *runs, struct pollfd *fds);

/* When the next program takes too long; CLOCK_NEVER if none runs. */
uint64_t notify_runs_due(const struct notify_runs *runs);

/* Takes note of programs that have ended, kills those that take too long, and says what failed. */
void notify_runs_look(struct notify_runs *runs, uint64_t now);

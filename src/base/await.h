/* SPDX-License-Identifier: ISC */
#pragma once

/* Waiting for one descriptor. */

#include <poll.h>
#include <stdint.h>

/*
 * Waits for one of the events (poll(2)) until `deadline`, in µs of the boot clock; signals do not
 * end the wait. Looks at the descriptor at least once, also if the deadline has passed. Errors:
 * -ETIME, or those of poll(2).
 */
int await_events(int fd, short events, uint64_t deadline);

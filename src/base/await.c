/* SPDX-License-Identifier: ISC */

/* poll(2) with a deadline. */

#include "base/await.h"

#include <errno.h>

#include "base/clock.h"

int await_events(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now, left;
	int n;

	do {
		now = clock_now().boot;
		left = deadline > now ? (deadline - now) / CLOCK_MS + 1 : 0;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
	} while ((n < 0 && errno == EINTR) || (n == 0 && left > INT32_MAX));
	if (n < 0)
		return -errno;
	return n > 0 ? 0 : -ETIME;
}

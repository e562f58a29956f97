/* SPDX-License-Identifier: ISC */

#include "daemon/descriptors.h"

#include <poll.h>
#include <sys/resource.h>

#include "daemon/log.h"
#include "gate/limits.h"

/* Descriptors for other than connections: doors, store, event loop, log, and some spare. */
#define DESCRIPTORS_RESERVED 64

/* Of these, kept free for files that are opened briefly: policy, user database. */
#define DESCRIPTORS_FREE 16

/* One for an asker, and one for an operator; they come out of those that are kept free. */
#define CONNECTIONS_LEAST 2

/* How many of the first LIMIT_CONNECTIONS are open: poll(2) sets POLLNVAL for the others. */
static size_t count_descriptors(rlim_t limit)
{
	struct pollfd fds[LIMIT_CONNECTIONS];
	size_t n = limit < LIMIT_CONNECTIONS ? (size_t)limit : LIMIT_CONNECTIONS, open = 0;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = (int)i };
	if (poll(fds, n, 0) < 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		open += !(fds[i].revents & POLLNVAL);
	return open;
}

void descriptors_raise_limit(struct conns *conns)
{
	rlim_t wanted, taken;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;

	taken = count_descriptors(limit.rlim_cur) + DESCRIPTORS_FREE;
	wanted = LIMIT_CONNECTIONS + (taken > DESCRIPTORS_RESERVED ? taken : DESCRIPTORS_RESERVED);
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
			return;
	}
	if (limit.rlim_cur >= wanted)
		return;

	if (taken < DESCRIPTORS_RESERVED && limit.rlim_cur > 2 * DESCRIPTORS_RESERVED)
		taken = DESCRIPTORS_RESERVED;
	conns->max = limit.rlim_cur > taken + CONNECTIONS_LEAST ? (size_t)(limit.rlim_cur - taken)
								: CONNECTIONS_LEAST;
	log_text(LOG_WARNING, LOG_ID_WARNING,
		"takes at most %zu connections: no more descriptors are allowed", conns->max);
}

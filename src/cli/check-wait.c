/* SPDX-License-Identifier: ISC */

/* Waits until somebody has decided. */

#include "cli/check-wait.h"

#include <poll.h>

#include "base/clock.h"
#include "cli/decision-reply.h"
#include "cli/say.h"
#include "gate/limits.h"

/* The pause before retrying an absent daemon, and the longest after a wait that ended early. */
#define RETRY_PAUSE (100 * CLOCK_MS)
#define EARLY_PAUSE_MAX CLOCK_SECOND

static uint64_t until(uint64_t deadline)
{
	uint64_t now = clock_now().boot;

	return deadline > now ? deadline - now : 0;
}

static void nap(uint64_t us)
{
	poll(NULL, 0, (int)(us / CLOCK_MS));
}

/* Replaces the end of the request, after `len` bytes, by the waiting time. */
static int set_wait(struct bytes *request, size_t len, uint64_t us)
{
	bytes_truncate(request, len);
	return bytes_appendf(request, ",\"wait_ms\":%llu}\n", (unsigned long long)(us / CLOCK_MS));
}

static bool is_pending(const struct bytes *line, uint64_t *ret_pause)
{
	struct decision_reply reply;
	bool pending;

	if (decision_reply_read(line, &reply) != 0)
		return false;

	pending = reply.decision == DECISION_PENDING;
	*ret_pause = reply.retry_after_ms * CLOCK_MS;
	decision_reply_deinit(&reply);
	return pending;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The pause after a wait that ended early: the daemon's suggestion, within limits. */
static uint64_t early_pause(uint64_t wish, uint64_t deadline)
{
	uint64_t pause = wish < RETRY_PAUSE ? RETRY_PAUSE : at_most(wish, EARLY_PAUSE_MAX);

	return at_most(pause, until(deadline));
}

int check_wait_until_decided(const struct check_wait *h, struct bytes *request, struct bytes *reply)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	uint64_t now = clock_now().boot, lost = CLOCK_NEVER, wait, pause;
	uint64_t deadline = h->time < CLOCK_NEVER - now ? now + h->time : CLOCK_NEVER;
	size_t len;

	bytes_truncate(request, request->len - 2);
	if (!h->named && bytes_appendf(request, ",\"approval_token\":\"%s\"", h->token) < 0)
		return say_undecided("out of memory");

	for (len = request->len;;) {
		wait = at_most(until(deadline), LIMIT_WAIT_MS * CLOCK_MS);
		if (set_wait(request, len, wait) < 0)
			return say_undecided("out of memory");

		now = clock_now().boot;
		if (ask_once(h->ask, request, wait, reply, &why) == STATUS_DONE) {
			if (!is_pending(reply, &pause) || until(deadline) == 0)
				return STATUS_DONE;
			lost = CLOCK_NEVER;
			if (until(now + wait) > 0) /* a stopping daemon answers early */
				nap(early_pause(pause, deadline));
			continue;
		}

		now = clock_now().boot;
		lost = at_most(lost, now);
		if (now - lost >= h->ask->timeout)
			return say_undecided("could not decide: %s; ask again with --token %s",
				bytes_str(&why), h->token);
		nap(RETRY_PAUSE);
	}
}

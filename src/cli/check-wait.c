/* SPDX-License-Identifier: ISC */

/* Waits until somebody has decided. */

#include "cli/check-wait.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json/members.h"
#include "base/json/writer.h"
#include "base/text.h"
#include "cli/decision-reply.h"
#include "cli/say.h"
#include "gate/limits.h"
#include "gate/token/token.h"

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

/* Writes the request with the token, instead of one that it names, and with the waiting time. */
static int write_request(
	const struct bytes *request, const char *token, uint64_t us, struct bytes *ret)
{
	cleanup(members_deinit) struct members members = MEMBERS_INIT;
	struct scan_fault fault;
	struct writer w;
	int r;

	r = members_read(&members, bytes_str(request), request->len, &fault);
	if (r != 0)
		return r < 0 ? r : -EINVAL;

	bytes_clear(ret);
	writer_init(&w, ret);
	writer_object(&w, NULL);
	for (size_t i = 0; i < members.n; i++)
		if (strcmp(members.list[i].key, "approval_token") != 0)
			writer_raw(
				&w, members.list[i].key, members.list[i].text, members.list[i].len);
	writer_string(&w, "approval_token", token);
	writer_unsigned(&w, "wait_ms", us / CLOCK_MS);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r : bytes_append_char(ret, '\n');
}

/* Takes over another token than the request had; returns whether it did. */
static bool move_to(const struct check_wait *h, const char *token)
{
	uint8_t id[TOKEN_ID_LEN];

	if (!token || notation_parse_uuid(token, strlen(token), id) < 0
		|| strcmp(token, h->token) == 0)
		return false;

	memcpy(h->token, token, NOTATION_UUID_LEN + 1);
	if (h->tell)
		say("another one used the approval; a person must decide about %s; waiting", token);
	if (h->moved)
		h->moved(token);
	return true;
}

/* `reason` is that of the last reply, and is replaced; *ret_news: it was another one. */
static bool is_pending(const struct check_wait *h, const struct bytes *line, struct bytes *reason,
	uint64_t *ret_pause, bool *ret_news)
{
	struct decision_reply reply;
	const char *found;
	bool pending;

	if (decision_reply_read(line, &reply) != 0)
		return false;

	pending = reply.decision == DECISION_PENDING && !reply.approved;
	*ret_pause = reply.retry_after_ms * CLOCK_MS;
	found = reply.reason ? reply.reason : "";
	*ret_news = strcmp(found, bytes_str(reason)) != 0;
	if (pending && move_to(h, reply.token))
		*ret_news = false;
	bytes_clear(reason);
	if (bytes_append_str(reason, found) < 0)
		*ret_news = false;
	decision_reply_deinit(&reply);
	return pending;
}

/* The daemon answers early when one of several approvals has come. */
static void tell_news(const struct check_wait *h, const struct bytes *reason)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (h->tell && text_append_escaped(&shown, bytes_str(reason), reason->len) >= 0)
		say("%s", bytes_str(&shown));
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

int check_wait_until_decided(
	const struct check_wait *h, const struct bytes *request, struct bytes *reply)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED, reason = BYTES_PRINTED;
	uint64_t now = clock_now().boot, lost = CLOCK_NEVER, wait, pause;
	uint64_t deadline = h->time < CLOCK_NEVER - now ? now + h->time : CLOCK_NEVER;
	bool news;

	(void)is_pending(h, reply, &reason, &pause, &news);
	for (;;) {
		wait = at_most(until(deadline), LIMIT_WAIT_MS * CLOCK_MS);
		if (write_request(request, h->token, wait, &line) < 0)
			return say_undecided("out of memory");

		now = clock_now().boot;
		if (ask_once(h->ask, &line, wait, reply, &why) == STATUS_DONE) {
			if (!is_pending(h, reply, &reason, &pause, &news) || until(deadline) == 0)
				return STATUS_DONE;
			lost = CLOCK_NEVER;
			if (news)
				tell_news(h, &reason);
			else if (until(now + wait) > 0) /* a stopping daemon answers early */
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

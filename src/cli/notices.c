/* SPDX-License-Identifier: ISC */

#include "cli/notices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json/writer.h"
#include "base/text.h"
#include "cli/user.h"
#include "gate/kind.h"

void notices_init(struct notices *n, uint64_t interval, bool details)
{
	*n = (struct notices){ .interval = interval, .details = details };
}

static void clear(struct notice *notice)
{
	for (size_t i = 0; i < notice->n_named; i++)
		bytes_deinit(&notice->requests[i].text);
	notice->n_named = 0;
	notice->n = 0;
	notice->due = CLOCK_NEVER;
}

void notices_deinit(struct notices *n)
{
	for (size_t i = 0; i < n->n; i++) {
		clear(n->list[i]);
		free(n->list[i]);
	}
}

/* The last one if there are too many users. */
struct notice *notices_find(struct notices *n, uint64_t uid)
{
	struct notice *notice;

	for (size_t i = 0; i < n->n; i++)
		if (n->list[i]->uid == uid && !n->list[i]->of_many)
			return n->list[i];
	if (n->n == NOTICES_USERS_MAX)
		return n->list[n->n - 1];

	notice = calloc(1, sizeof(*notice));
	if (!notice)
		return NULL;
	notice->uid = uid;
	notice->of_many = n->n == NOTICES_USERS_MAX - 1;
	notice->due = CLOCK_NEVER;
	n->list[n->n++] = notice;
	return notice;
}

/* Describes a request without --details: no member that may contain a secret. */
static int append_request(const struct token_view *t, struct bytes *b)
{
	struct writer w;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "token_id", t->id);
	writer_string(&w, "kind", kind_name(t->asked.kind));
	writer_string(&w, "executable", t->asked.executable);
	writer_string(&w, "rule", t->rule);
	writer_string(&w, "expires_at", t->expires_at);
	writer_end(&w);
	return writer_finish(&w);
}

static int add(struct notices *n, const struct event *event, uint64_t now)
{
	struct notice *notice = notices_find(n, event->token.uid);
	struct notice_request *request;
	int r;

	if (!notice)
		return -ENOMEM;
	if (notice->n_named < NOTICES_NAMED_MAX) {
		request = &notice->requests[notice->n_named];
		request->text = (struct bytes)BYTES_PRINTED;
		memcpy(request->id, event->token.id, sizeof(request->id));
		r = n->details
			? bytes_append(&request->text, bytes_str(&event->line), event->line.len)
			: append_request(&event->token, &request->text);
		if (r < 0) {
			bytes_deinit(&request->text);
			return r;
		}
		notice->n_named++;
	}
	notice->n++;
	if (notice->due == CLOCK_NEVER)
		notice->due = notice->quiet_until > now ? notice->quiet_until : now;
	return 0;
}

/* Drops a request that no longer waits. */
static void drop(struct notices *n, const struct event *event)
{
	struct notice *notice = notices_find(n, event->token.uid);

	for (size_t i = 0; notice && i < notice->n_named; i++) {
		if (strcmp(notice->requests[i].id, event->token.id) != 0)
			continue;
		bytes_deinit(&notice->requests[i].text);
		notice->requests[i] = notice->requests[--notice->n_named];
		if (--notice->n == 0)
			notice->due = CLOCK_NEVER;
		return;
	}
}

int notices_take_event(struct notices *n, const struct event *event, uint64_t now)
{
	if (strcmp(event->name, EVENT_ISSUED) == 0)
		return add(n, event, now);
	if (strcmp(event->name, EVENT_SIGNED) != 0 && strcmp(event->name, EVENT_EXTENDED) != 0)
		drop(n, event);
	return 0;
}

uint64_t notices_due(const struct notices *n)
{
	uint64_t due = CLOCK_NEVER;

	for (size_t i = 0; i < n->n; i++)
		if (n->list[i]->due < due)
			due = n->list[i]->due;
	return due;
}

struct notice *notices_next(struct notices *n, uint64_t now)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->list[i]->due <= now)
			return n->list[i];
	return NULL;
}

void notices_told(struct notices *n, struct notice *notice, uint64_t now)
{
	clear(notice);
	notice->quiet_until = now + n->interval;
}

int notice_append_count(const struct notice *notice, uint64_t count, struct bytes *b)
{
	bytes_appendf(b, "%" PRIu64 " request%s of ", count, text_plural(count));
	if (notice->of_many)
		bytes_append_str(b, "several users");
	else
		bytes_appendf(b, "uid %" PRIu64, notice->uid);
	return bytes_append_str(b, count == 1 ? " waits" : " wait");
}

int notice_append_sentence(const struct notice *notice, struct bytes *b)
{
	return notice_append_count(notice, notice->n, b);
}

int notice_append_json(const struct notice *notice, const char *host, struct bytes *b)
{
	cleanup(bytes_deinit) struct bytes user = BYTES_PRINTED;
	struct writer w;

	if (user_append_name(&user, notice->uid) < 0)
		return -ENOMEM;

	writer_init(&w, b);
	writer_object(&w, NULL);
	writer_string(&w, "event", "waiting");
	writer_string(&w, "host", host);
	if (!notice->of_many) {
		writer_unsigned(&w, "uid", notice->uid);
		writer_string(&w, "user", user.len > 0 ? bytes_str(&user) : NULL);
	}
	writer_unsigned(&w, "count", notice->n);
	writer_array(&w, "requests");
	for (size_t i = 0; i < notice->n_named; i++)
		writer_raw(&w, NULL, bytes_str(&notice->requests[i].text),
			notice->requests[i].text.len);
	writer_end(&w);
	writer_end(&w);
	return writer_finish(&w);
}

/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence show` and `firma evidence head`: what a record says, and how it ends. Neither
 * says that it holds: that is for `firma evidence verify`.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/evidence-file.h"
#include "cli/evidence-line.h"
#include "cli/verb.h"
#include "ledger/evidence/chain-tail.h"

enum { FOLLOW, JSON, SINCE, UNTIL, DECISION, AGENT, UID, TOKEN };

static const struct option_row rows[] = {
	[FOLLOW] = { "follow", 'f', NULL, "go on with what is added" },
	[JSON] = { "json", 0, NULL, "print the records as they are" },
	[SINCE] = { "since", 0, "TIME", "only from this time on, or so long ago" },
	[UNTIL] = { "until", 0, "TIME", "only up to this time, or so long ago" },
	[DECISION] = { "decision", 0, "DECISION", "only allow, deny or pending_hitl" },
	[AGENT] = { "agent", 0, "ID", "only what this agent asked" },
	[UID] = { "uid", 0, "UID", "only what this user asked or did" },
	[TOKEN] = { "token", 0, "ID", "only what names this token" },
	{ 0 },
};

struct showing {
	const char *path;
	bool follow, json;
	struct evidence_line_filter filter;
	struct bytes since, until;
	int status;
};

/* "2026-11-20T06:17", in UTC, is compared as text; a duration is counted back from now. */
static int take_time(
	const struct options *o, int option, struct bytes *ret, const char **ret_filter)
{
	uint64_t us, now = clock_now().wall;
	int r = 0;

	if (evidence_line_is_time(o->value)) {
		r = bytes_append(ret, o->value, strcspn(o->value, "Z"));
	} else if (notation_parse_duration(o->value, &us) >= 0 && us <= now) {
		r = notation_append_time(ret, now - us);
		if (r >= 0)
			bytes_truncate(ret, ret->len - 1); /* the Z */
	} else {
		return usage_error(o->verb,
			"--%s wants a time in UTC, such as 2026-11-20T06:17:57Z, or how long ago",
			rows[option].name);
	}
	if (r < 0)
		return say_undecided("out of memory");

	*ret_filter = bytes_str(ret);
	return STATUS_DONE;
}

static int take_uid(const struct options *o, struct evidence_line_filter *filter)
{
	uint64_t uid;

	if (notation_parse_number(o->value, 0, UINT32_MAX - 1, &uid) < 0)
		return usage_error(o->verb, "--uid wants a number");
	filter->has_uid = true;
	filter->uid = uid;
	return STATUS_DONE;
}

static int take_option(const struct options *o, int option, struct showing *s)
{
	switch (option) {
	case FOLLOW:
		s->follow = true;
		break;
	case JSON:
		s->json = true;
		break;
	case SINCE:
		return take_time(o, option, &s->since, &s->filter.since);
	case UNTIL:
		return take_time(o, option, &s->until, &s->filter.until);
	case DECISION:
		s->filter.decision = o->value;
		break;
	case AGENT:
		s->filter.agent = o->value;
		break;
	case UID:
		return take_uid(o, &s->filter);
	case TOKEN:
		s->filter.token = o->value;
		break;
	}
	return STATUS_DONE;
}

static int show_line(struct showing *s, const struct line *line)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = line->text ? evidence_line_append(line->text, line->len, &s->filter, &text)
		       : EVIDENCE_LINE_MALFORMED;
	if (r < 0)
		return r;
	if (r == EVIDENCE_LINE_MALFORMED) {
		say_flush();
		say("line %" PRIu64 " is not a record", line->number);
		s->status = STATUS_REFUSED;
	} else if (r == EVIDENCE_LINE_SHOWN && s->json) {
		cleanup(free_p) char *copy = strndup(line->text, line->len);

		if (!copy)
			return -ENOMEM;
		say_json(copy, line->len);
	} else if (r == EVIDENCE_LINE_SHOWN) {
		puts(bytes_str(&text));
	}
	return 0;
}

/* Waits until the file is written to. */
static int wait_for_more(int watch)
{
	char events[sizeof(struct inotify_event) + 256];

	say_flush();
	if (ferror(stdout))
		return -EPIPE;
	if (read(watch, events, sizeof(events)) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int open_watch(int fd, int *ret)
{
	char path[64];
	int watch;

	watch = inotify_init1(IN_CLOEXEC);
	if (watch < 0)
		return -errno;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inotify_add_watch(watch, path, IN_MODIFY) < 0) {
		close(watch);
		return -errno;
	}
	*ret = watch;
	return 0;
}

static int show_stream(struct showing *s, int fd)
{
	cleanup(close_p) int watch = -1;
	cleanup(lines_deinit) struct lines lines;
	struct line line;
	int r = 0;

	lines_init(&lines, fd, CHAIN_LINE_MAX);
	lines.leave_broken = s->follow;
	if (s->follow)
		r = open_watch(fd, &watch);
	while (r >= 0) {
		r = lines_next(&lines, &line);
		if (r == LINES_ONE)
			r = show_line(s, &line);
		else if (r == 0 && s->follow)
			r = wait_for_more(watch);
		else
			break;
	}
	return r;
}

static int run_show(struct showing *s)
{
	cleanup(close_p) int fd = -1;
	int r, status;

	status = evidence_file_open(s->path, &fd);
	if (status != STATUS_DONE)
		return status;

	r = show_stream(s, fd);
	if (r < 0) {
		say_flush();
		return evidence_file_say_error(s->path, r);
	}
	return s->status;
}

static int show(const struct verb *verb, int argc, char **argv)
{
	struct showing s = {
		.since = BYTES_INIT(BYTES_UNLIMITED),
		.until = BYTES_INIT(BYTES_UNLIMITED),
	};
	struct options o;
	int option, status = STATUS_DONE;

	options_begin(&o, verb, argc, argv);
	while (status == STATUS_DONE && (option = options_next(&o)) >= 0)
		status = take_option(&o, option, &s);
	if (status == STATUS_DONE && option == OPTIONS_LEAVE) {
		status = o.status;
	} else if (status == STATUS_DONE && o.n_rest != 1) {
		status = usage_error(verb, "it wants the file of one stream");
	} else if (status == STATUS_DONE) {
		s.path = o.rest[0];
		status = run_show(&s);
	}
	bytes_deinit(&s.since);
	bytes_deinit(&s.until);
	return status;
}

const struct verb evidence_show_verb = {
	.group = "evidence",
	.name = "show",
	.arguments = "FILE",
	.summary = "Shows a record of decisions, one line each",
	.options = rows,
	.run = show,
};

static const struct option_row head_rows[] = { { 0 } };

static int print_head(const char *path)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED),
					   shown = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(close_p) int fd = -1;
	struct chain_head head = { 0 };
	off_t size;
	int r, status;

	status = evidence_file_open(path, &fd);
	if (status != STATUS_DONE)
		return status;

	size = lseek(fd, 0, SEEK_END);
	r = size < 0 ? -errno : chain_tail_read(fd, (uint64_t)size, &head, &why);
	if (r < 0)
		return evidence_file_say_error(path, r);
	if (r > 0) {
		if (evidence_file_append_path(&shown, path) < 0)
			return say_undecided("out of memory");
		say("%s: %s", bytes_str(&shown), bytes_str(&why));
		return STATUS_REFUSED;
	}
	printf("%" PRIu64 ":%s\n", head.sequence, head.hash);
	return STATUS_DONE;
}

static int head(const struct verb *verb, int argc, char **argv)
{
	struct options o;

	options_begin(&o, verb, argc, argv);
	if (options_next(&o) == OPTIONS_LEAVE)
		return o.status;
	if (o.n_rest != 1)
		return usage_error(verb, "it wants the file of one stream");
	return print_head(o.rest[0]);
}

const struct verb evidence_head_verb = {
	.group = "evidence",
	.name = "head",
	.arguments = "FILE",
	.summary = "Prints the last record's sequence and hash",
	.options = head_rows,
	.run = head,
};

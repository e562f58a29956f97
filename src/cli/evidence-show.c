/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence show` prints records, `firma evidence head` a stream's end. Neither verifies the
 * stream: `firma evidence verify` does.
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
#include "gate/kind.h"
#include "gate/wire/reply.h"
#include "ledger/evidence/chain-tail.h"

struct showing {
	const char *path;
	bool follow, json;
	struct evidence_line_filter filter;
	int status;
};

/* A time such as "2026-11-20T06:17" (UTC) is compared as text; a duration means that long ago. */
static bool parse_time(const char *value, void *to)
{
	cleanup(bytes_deinit) struct bytes time = BYTES_INIT(EVIDENCE_LINE_TIME_MAX);
	uint64_t us, now = clock_now().wall;
	char *ret = to;

	if (evidence_line_is_time(value)) {
		snprintf(ret, EVIDENCE_LINE_TIME_MAX, "%.*s", (int)strcspn(value, "Z"), value);
		return true;
	}
	if (notation_parse_duration(value, &us) < 0 || us > now
		|| notation_append_time(&time, now - us) < 0)
		return false;

	snprintf(ret, EVIDENCE_LINE_TIME_MAX, "%.*s", (int)time.len - 1, time.data); /* no Z */
	return true;
}

/* An unknown word would match no record, which would look as if nothing had happened. */
static bool parse_decision(const char *value, void *to)
{
	*(const char **)to = value;
	return decision_parse(value) != DECISION_NONE;
}

static bool parse_kind(const char *value, void *to)
{
	*(const char **)to = value;
	for (enum kind kind = 0; kind < KINDS; kind++)
		if (strcmp(kind_name(kind), value) == 0)
			return true;
	return false;
}

#define WANTS_TIME "a time in UTC, such as 2026-11-20T06:17:57Z, or how long ago"

static const struct option_row rows[] = {
	{ "follow", 'f', NULL, "go on with what is added", OPTION_FLAG(struct showing, follow) },
	{ "json", 0, NULL, "print the records as they are", OPTION_FLAG(struct showing, json) },
	{ "since", 0, "TIME", "only from this time on, or so long ago",
		OPTION_PARSED(struct showing, filter.since, parse_time), .wants = WANTS_TIME },
	{ "until", 0, "TIME", "only up to this time, or so long ago",
		OPTION_PARSED(struct showing, filter.until, parse_time), .wants = WANTS_TIME },
	{ "decision", 0, "DECISION", "only allow, deny or pending_hitl",
		OPTION_PARSED(struct showing, filter.decision, parse_decision),
		.wants = "allow, deny or pending_hitl" },
	{ "kind", 0, "KIND", "only this kind, such as exec, read or release",
		OPTION_PARSED(struct showing, filter.kind, parse_kind),
		.wants = "exec, read, write, fetch, git, mcp, release or other" },
	{ "agent", 0, "ID", "only what this agent asked",
		OPTION_STRING(struct showing, filter.agent) },
	{ "uid", 0, "UID", "only what this user asked or did",
		OPTION_UID(struct showing, filter.uid),
		OPTION_GIVEN(struct showing, filter.has_uid) },
	{ "token", 0, "ID", "only what names this token, or one that begins so",
		OPTION_STRING(struct showing, filter.token) },
	{ 0 },
};

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

/* Waits until the file is changed. */
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
	struct showing s = { 0 };
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, &s, &operands);
	if (status != VERB_GO)
		return status;

	s.path = operands.words[0];
	return run_show(&s);
}

const struct verb evidence_show_verb = {
	.group = "evidence",
	.name = "show",
	.operands = OPERANDS_ONE,
	.operand = "file",
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
	r = size < 0 ? -errno : chain_tail_read(fd, (uint64_t)size, NULL, NULL, &head, &why);
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
	struct operands operands;
	int status;

	status = verb_read_options(verb, argc, argv, NULL, &operands);
	return status == VERB_GO ? print_head(operands.words[0]) : status;
}

const struct verb evidence_head_verb = {
	.group = "evidence",
	.name = "head",
	.operands = OPERANDS_ONE,
	.operand = "file",
	.arguments = "FILE",
	.summary = "Prints the last record's sequence and hash",
	.options = head_rows,
	.run = head,
};

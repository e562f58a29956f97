/* SPDX-License-Identifier: ISC */

/*
 * `firma evidence show` prints records, `firma evidence head` a stream's end. Neither verifies the
 * stream: `firma evidence verify` does.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/lines.h"
#include "base/local-time.h"
#include "base/notation.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/evidence-file.h"
#include "cli/evidence-line.h"
#include "cli/follow.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "gate/kind.h"
#include "gate/wire/reply.h"
#include "ledger/evidence/chain-tail.h"

struct showing {
	const char *path;
	bool follow, json;
	struct evidence_line_filter filter;
	struct console console;
	int status;
};

/* Records are compared by the text of their time: in UTC, without zeros at its end. */
static bool parse_time(const char *value, void *to)
{
	cleanup(bytes_deinit) struct bytes time = BYTES_INIT(EVIDENCE_LINE_TIME_MAX);
	char *ret = to, *end;
	uint64_t ns;

	if (!local_time_read(value, clock_now().wall, &ns)
		|| notation_append_time_ns(&time, ns / 1000) < 0)
		return false;

	/* "...57.123456000Z": the last three digits are ours to write. */
	snprintf(ret, EVIDENCE_LINE_TIME_MAX, "%.*s%03u", (int)time.len - 4, time.data,
		(unsigned int)(ns % 1000));
	for (end = ret + strlen(ret); end[-1] == '0'; end--)
		;
	*(end[-1] == '.' ? end - 1 : end) = '\0';
	return true;
}

/* Refuse an unknown word: it would match no record, as if nothing had happened. */
static bool parse_decision(const char *value, void *to)
{
	*(const char **)to = value;
	return decision_parse(value) != DECISION_NONE;
}

static bool parse_kind(const char *value, void *to)
{
	*(const char **)to = value;
	return kind_parse(value) != KINDS;
}

/* Likewise, refuse a text that is not the beginning of any token's ID. */
static bool parse_token(const char *value, void *to)
{
	size_t len = strlen(value);

	*(const char **)to = value;
	return len > 0 && len <= NOTATION_UUID_LEN && strspn(value, "0123456789abcdef-") == len;
}

static const struct option_row rows[] = {
	{ "follow", 'f', NULL, "go on with what is added", OPTION_FLAG(struct showing, follow) },
	{ "json", 0, NULL, "print the records as they are", OPTION_FLAG(struct showing, json) },
	{ "since", 0, "TIME", "only from this time on ('yesterday', -1h)",
		OPTION_PARSED(struct showing, filter.since, parse_time),
		.wants = OPTION_WANTS_TIME },
	{ "until", 0, "TIME", "only up to this time",
		OPTION_PARSED(struct showing, filter.until, parse_time),
		.wants = OPTION_WANTS_TIME },
	{ "decision", 0, "DECISION", "only allow, deny or pending_hitl",
		OPTION_PARSED(struct showing, filter.decision, parse_decision),
		.wants = "allow, deny or pending_hitl" },
	{ "kind", 0, "KIND", "only this kind, such as exec, read or release",
		OPTION_PARSED(struct showing, filter.kind, parse_kind),
		.wants = "exec, read, write, fetch, git, mcp, release or other" },
	{ "agent", 0, "ID", "only what this agent asked",
		OPTION_STRING(struct showing, filter.agent) },
	{ "uid", 0, "USER", "only what this user asked or did",
		OPTION_UID(struct showing, filter.uid),
		OPTION_GIVEN(struct showing, filter.has_uid) },
	{ "token", 0, "ID", "only what names this token, or one that begins so",
		OPTION_PARSED(struct showing, filter.token, parse_token),
		.wants = "a token's ID, or what it begins with" },
	{ 0 },
};

static int show_line(struct showing *s, const struct line *line)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED, row = BYTES_PRINTED;
	struct table_word decision;
	int r;

	r = line->text ? evidence_line_append(line->text, line->len, &s->filter, &text, &decision)
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
		r = table_append_line(
			&s->console, bytes_str(&text), text.len, TABLE_INDENT, &decision, &row);
		if (r < 0)
			return r;
		fputs(bytes_str(&row), stdout);
	}
	return 0;
}

/* Shows what can be read now. Returns 0, or a negative errno. */
static int show_rest(struct showing *s, struct lines *lines)
{
	struct line line;
	int r;

	while ((r = lines_next(lines, &line)) == LINES_ONE) {
		r = show_line(s, &line);
		if (r < 0)
			break;
	}
	return r;
}

/* Continues at the beginning of `fd`, and says why. */
static void begin_again(struct showing *s, int fd, struct lines *lines, const char *what)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	say_flush();
	if (evidence_file_append_path(&shown, s->path) == 0)
		say("%s was %s; what is in it now follows", bytes_str(&shown), what);
	lines_deinit(lines);
	lines_init(lines, fd, CHAIN_LINE_MAX);
	lines->leave_broken = true;
}

/* The log was rotated: its rest is shown, and then the new one. */
static int go_on_in_new(struct showing *s, int *fd, struct lines *lines, struct follow *follow)
{
	int next, r;

	r = show_rest(s, lines);
	if (r < 0)
		return r;
	next = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (next < 0)
		return errno == ENOENT ? 0 : -errno;

	close_p(fd);
	*fd = next;
	begin_again(s, next, lines,
		"rotated or replaced (if more than once, what was between is not shown)");
	return follow_begin(follow, s->path, next);
}

static int go_on(struct showing *s, int *fd, struct lines *lines, struct follow *follow)
{
	int r;

	r = follow_look(follow, *fd, lines->offset);
	if (r == FOLLOW_REPLACED)
		return go_on_in_new(s, fd, lines, follow);
	if (r == FOLLOW_CUT) {
		if (lseek(*fd, 0, SEEK_SET) < 0)
			return -errno;
		begin_again(s, *fd, lines, "cut off");
		return 0;
	}
	if (r < 0)
		return r;

	say_flush();
	return ferror(stdout) ? -EPIPE : follow_wait(follow);
}

static int show_stream(struct showing *s, int *fd)
{
	struct follow follow = FOLLOW_INIT;
	struct lines lines;
	int r;

	lines_init(&lines, *fd, CHAIN_LINE_MAX);
	lines.leave_broken = s->follow;
	r = s->follow ? follow_begin(&follow, s->path, *fd) : 0;
	do {
		if (r >= 0)
			r = show_rest(s, &lines);
		if (r >= 0 && s->follow)
			r = go_on(s, fd, &lines, &follow);
	} while (r >= 0 && s->follow);
	follow_end(&follow);
	lines_deinit(&lines);
	return r;
}

static int run_show(struct showing *s)
{
	cleanup(close_p) int fd = -1;
	int r, status;

	status = evidence_file_open(s->path, &fd);
	if (status != STATUS_DONE)
		return status;

	r = show_stream(s, &fd);
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
	console_look(STDOUT_FILENO, &s.console);
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
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED, shown = BYTES_PRINTED;
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

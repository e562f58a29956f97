/* SPDX-License-Identifier: ISC */

/*
 * `firma notify` tells a person that requests wait. It reads the daemon's events like other
 * watchers, and runs programs in the background, so that the daemon never has to wait for it.
 */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/events.h"
#include "cli/notices.h"
#include "cli/notify-run.h"
#include "cli/operator.h"

#define INTERVAL (60 * CLOCK_SECOND)
#define AT_ONCE 4

struct notify {
	struct operator_options op;
	const char *command;
	bool wall, bell, details;
	uint64_t interval, at_once;

	char host[HOST_NAME_MAX + 1];
	struct events events;
	struct notices notices;
	struct notify_runs runs;
	int alarm_fd, signal_fd;
};

static const struct option_row rows[] = {
	OPERATOR_ROWS(struct notify, op),
	{ "command", 0, "COMMAND",
		"run this line of shell, with the notice as JSON on its\n"
		"standard input and as a sentence in $FIRMA_NOTICE",
		OPTION_STRING(struct notify, command) },
	{ "wall", 0, NULL, "tell all who are logged in, by wall(1)",
		OPTION_FLAG(struct notify, wall) },
	{ "bell", 0, NULL, "ring the terminal's bell, and print a line",
		OPTION_FLAG(struct notify, bell) },
	{ "details", 0, NULL, "also give the command arguments; they may be secret",
		OPTION_FLAG(struct notify, details) },
	{ "interval", 0, "TIME", "one notice for one user in this time (default: 1min)",
		OPTION_DURATION(struct notify, interval) },
	{ "at-once", 0, "N", "commands that may run at a time (default: 4)",
		OPTION_NUMBER(struct notify, at_once), .min = 1, .max = NOTIFY_RUNS_MAX },
	{ 0 },
};

/* --- telling ---------------------------------------------------------------------------------- */

static void start(struct notify *n, const char *const *argv, const struct bytes *input,
	const char *sentence, uint64_t now)
{
	const int r = notify_runs_start(&n->runs, argv, input, sentence, now);

	if (r < 0)
		say("could not run %s: %s", argv[0], strerror(-r));
}

/* Sends the sentence without any name: every user who is logged in can read it. */
static int tell_all(struct notify *n, const char *sentence, uint64_t now)
{
	static const char *const argv[] = { "wall", NULL };
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;

	bytes_append_strs(&text, "firma: ", sentence, " for a decision\n");
	if (bytes_error(&text) < 0)
		return -ENOMEM;
	start(n, argv, &text, sentence, now);
	return 0;
}

static int run_command(
	struct notify *n, const struct notice *notice, const char *sentence, uint64_t now)
{
	const char *const argv[] = { "/bin/sh", "-c", n->command, NULL };
	cleanup(bytes_deinit) struct bytes json = BYTES_PRINTED;

	if (notice_append_json(notice, n->host, &json) < 0 || bytes_append_char(&json, '\n') < 0)
		return -ENOMEM;
	start(n, argv, &json, sentence, now);
	return 0;
}

static void ring(const char *sentence)
{
	printf("%s%s\n", isatty(STDOUT_FILENO) ? "\a" : "", sentence);
	say_flush();
}

static int tell(struct notify *n, const struct notice *notice, uint64_t now)
{
	cleanup(bytes_deinit) struct bytes sentence = BYTES_PRINTED;
	int r = notice_append_sentence(notice, &sentence);

	if (r < 0)
		return r;
	if (n->bell)
		ring(bytes_str(&sentence));
	if (n->wall)
		r = tell_all(n, bytes_str(&sentence), now);
	if (r >= 0 && n->command)
		r = run_command(n, notice, bytes_str(&sentence), now);
	return r;
}

/* Whether all programs for one notice can be started now. */
static bool has_room(const struct notify *n)
{
	const size_t needed = n->wall && n->command ? 2 : 1;

	return n->runs.max - n->runs.n >= needed;
}

/* Sends the notices that are due. While too many programs run, requests are collected for later. */
static int tell_due(struct notify *n, uint64_t now)
{
	struct notice *notice;
	int r = 0;

	while (r >= 0 && has_room(n) && (notice = notices_next(&n->notices, now))) {
		r = tell(n, notice, now);
		notices_told(&n->notices, notice, now);
	}
	return r;
}

/* --- the loop --------------------------------------------------------------------------------- */

static int read_events(struct notify *n)
{
	struct event event;
	int r, status;

	while ((status = events_next(&n->events, &event)) == STATUS_DONE) {
		r = notices_take_event(&n->notices, &event, clock_now().boot);
		event_deinit(&event);
		if (r < 0)
			return say_undecided("out of memory");
	}
	return status == EVENTS_LATER ? STATUS_DONE : status;
}

static int wait_for_more(struct notify *n, bool *ret_stop)
{
	struct pollfd fds[3 + NOTIFY_RUNS_MAX] = {
		{ .fd = n->events.client.fd, .events = POLLIN },
		{ .fd = n->alarm_fd, .events = POLLIN },
		{ .fd = n->signal_fd, .events = POLLIN },
	};
	const uint64_t notice = has_room(n) ? notices_due(&n->notices) : CLOCK_NEVER;
	const uint64_t late = notify_runs_due(&n->runs);
	const size_t count = 3 + notify_runs_fill(&n->runs, fds + 3);

	clock_alarm_set(n->alarm_fd, notice < late ? notice : late);
	if (poll(fds, count, -1) < 0 && errno != EINTR)
		return say_undecided("could not wait: %s", strerror(errno));
	*ret_stop = fds[2].revents != 0;
	return STATUS_DONE;
}

static int notify_all(struct notify *n)
{
	bool stop = false;
	int status;

	do {
		status = read_events(n);
		notify_runs_look(&n->runs, clock_now().boot);
		if (status == STATUS_DONE && tell_due(n, clock_now().boot) < 0)
			status = say_undecided("out of memory");
		if (status == STATUS_DONE)
			status = wait_for_more(n, &stop);
	} while (status == STATUS_DONE && !stop);
	return status == EVENTS_STOPPED ? STATUS_DONE : status;
}

static int open_signals(int *ret)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	*ret = signalfd(-1, &set, SFD_CLOEXEC);
	return *ret < 0 ? -errno : 0;
}

static int run_with_events(struct notify *n)
{
	int r, status;

	r = clock_alarm_open(&n->alarm_fd);
	if (r >= 0)
		r = open_signals(&n->signal_fd);
	if (r < 0)
		return say_undecided("could not wait: %s", strerror(-r));

	status = events_open(&n->events, &n->op, n->signal_fd);
	if (status == EVENTS_STOPPED)
		return STATUS_DONE;
	if (status != STATUS_DONE)
		return status;
	status = notify_all(n);
	events_close(&n->events);
	return status;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct notify n = {
		.op = OPERATOR_INIT(verb),
		.interval = INTERVAL,
		.at_once = AT_ONCE,
		.alarm_fd = -1,
		.signal_fd = -1,
	};
	struct operands none;
	int status;

	status = verb_read_options(verb, argc, argv, &n, &none);
	if (status != VERB_GO)
		return status;
	if (!n.command && !n.wall && !n.bell)
		return usage_error(verb, "wants --command, --wall or --bell");
	if (n.details && !n.command)
		return usage_error(verb, "--details needs --command");
	if (n.wall && n.command && n.at_once < 2)
		return usage_error(verb, "with --wall and --command, --at-once must be at least 2");

	gethostname(n.host, sizeof(n.host) - 1);
	notices_init(&n.notices, n.interval, n.details);
	notify_runs_init(&n.runs, n.at_once);
	status = run_with_events(&n);
	notify_runs_deinit(&n.runs);
	notices_deinit(&n.notices);
	close(n.alarm_fd);
	close(n.signal_fd);
	return status;
}

const struct verb notify_verb = {
	.name = "notify",
	.summary = "Tells a person that requests wait",
	.options = rows,
	.run = run,
};

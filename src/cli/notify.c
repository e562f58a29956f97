/* SPDX-License-Identifier: ISC */

/*
 * `firma notify` tells a person that requests wait. It reads the daemon's events like other
 * watchers, and runs programs in the background, so that the daemon never has to wait for it.
 */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "cli/desktop.h"
#include "cli/events.h"
#include "cli/notices.h"
#include "cli/notify-click.h"
#include "cli/notify-run.h"
#include "cli/operator.h"

#define INTERVAL (60 * CLOCK_SECOND)
#define AT_ONCE 4

struct notify {
	struct operator_options op;
	const char *command;
	const char *look;
	bool wall, bell, on_desktop, details;
	uint64_t interval, at_once;

	char host[HOST_NAME_MAX + 1];
	struct events events;
	struct notices notices;
	struct notify_runs runs;   /* that tell */
	struct notify_runs clicks; /* that a person started */
	struct desktop *desktop;   /* NULL: not on the desktop */
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
	{ "desktop", 0, NULL, "show a notice on the desktop, which can refuse",
		OPTION_FLAG(struct notify, on_desktop) },
	{ "look", 0, "COMMAND",
		"with --desktop: run this line of shell for \"Look\"\n"
		"(default: a terminal with firma token watch)",
		OPTION_STRING(struct notify, look) },
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
	if (r >= 0 && n->desktop)
		r = desktop_tell(n->desktop, notice);
	return r;
}

/* Whether all programs for one notice can be started now. */
static bool has_room(const struct notify *n)
{
	const size_t needed = (n->wall ? 1 : 0) + (n->command ? 1 : 0);

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

/* --- the desktop ------------------------------------------------------------------------------ */

static void start_clicked(struct notify *n, uint64_t now)
{
	char ids[DESKTOP_REFUSE_MAX][NOTATION_UUID_LEN + 1];
	size_t count;
	int r = 0;

	/* What is refused waits for room; another "Look" is dropped. */
	while (n->clicks.n < n->clicks.max && (count = desktop_take_refused(n->desktop, ids)) > 0) {
		r = notify_click_refuse(&n->clicks, ids, count, now);
		if (r < 0)
			say("could not refuse: %s", strerror(-r));
	}
	if (desktop_take_look(n->desktop)) {
		r = n->clicks.n < n->clicks.max ? notify_click_look(&n->clicks, n->look, now)
						: -EBUSY;
		if (r < 0)
			say("could not run what \"Look\" starts: %s", strerror(-r));
	}
}

static int step_desktop(struct notify *n, uint64_t now)
{
	int r;

	if (!n->desktop)
		return 0;
	r = desktop_step(n->desktop, now);
	start_clicked(n, now);
	notify_runs_look(&n->clicks, now);
	return r;
}

static int open_desktop(struct notify *n)
{
	if (!n->on_desktop)
		return STATUS_DONE;
	/* What a click starts asks the same daemon. */
	if (n->op.socket && setenv("FIRMA_OPERATOR_SOCKET", n->op.socket, 1) < 0)
		return say_undecided("out of memory");
	return desktop_open(n->details, n->look || notify_click_has_terminal(), &n->desktop);
}

/* --- the loop --------------------------------------------------------------------------------- */

static int take_event(struct notify *n, const struct event *event)
{
	struct notice *notice;
	int r = notices_take_event(&n->notices, event, clock_now().boot);

	if (r < 0 || !n->desktop)
		return r;
	notice = notices_find(&n->notices, event->token.uid);
	return notice ? desktop_take_event(n->desktop, notice, event) : -ENOMEM;
}

static int read_events(struct notify *n)
{
	struct event event;
	int r, status;

	while ((status = events_next(&n->events, &event)) == STATUS_DONE) {
		r = take_event(n, &event);
		event_deinit(&event);
		if (r < 0)
			return say_undecided("out of memory");
	}
	return status == EVENTS_LATER ? STATUS_DONE : status;
}

/* The events, the alarm, signals, the bus; programs come after them. */
enum { FD_EVENTS, FD_ALARM, FD_SIGNAL, FD_DESKTOP, FDS };

static uint64_t next_due(const struct notify *n)
{
	const uint64_t due[] = {
		has_room(n) ? notices_due(&n->notices) : CLOCK_NEVER,
		notify_runs_due(&n->runs),
		n->desktop ? desktop_due(n->desktop) : CLOCK_NEVER,
	};
	uint64_t first = CLOCK_NEVER;

	for (size_t i = 0; i < LENGTH(due); i++)
		first = due[i] < first ? due[i] : first;
	return first;
}

static int wait_for_more(struct notify *n, bool *ret_stop)
{
	struct pollfd fds[FDS + 2 * NOTIFY_RUNS_MAX] = {
		[FD_EVENTS] = { .fd = n->events.client.fd, .events = POLLIN },
		[FD_ALARM] = { .fd = n->alarm_fd, .events = POLLIN },
		[FD_SIGNAL] = { .fd = n->signal_fd, .events = POLLIN },
		[FD_DESKTOP] = { .fd = -1 },
	};
	size_t count = FDS;

	if (n->desktop)
		desktop_fill(n->desktop, &fds[FD_DESKTOP]);
	count += notify_runs_fill(&n->runs, fds + count);
	count += notify_runs_fill(&n->clicks, fds + count);

	clock_alarm_set(n->alarm_fd, next_due(n));
	if (poll(fds, count, -1) < 0 && errno != EINTR)
		return say_undecided("could not wait: %s", strerror(errno));
	*ret_stop = fds[FD_SIGNAL].revents != 0;
	return STATUS_DONE;
}

static int notify_all(struct notify *n)
{
	bool stop = false;
	int status;

	do {
		status = read_events(n);
		notify_runs_look(&n->runs, clock_now().boot);
		if (status == STATUS_DONE
			&& (tell_due(n, clock_now().boot) < 0
				|| step_desktop(n, clock_now().boot) < 0))
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

	status = open_desktop(n);
	if (status != STATUS_DONE)
		return status;
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
	if (!n.command && !n.wall && !n.bell && !n.on_desktop)
		return usage_error(verb, "wants --command, --desktop, --wall or --bell");
	if (n.details && !n.command && !n.on_desktop)
		return usage_error(verb, "--details needs --command or --desktop");
	if (n.look && !n.on_desktop)
		return usage_error(verb, "--look needs --desktop");
	if (n.wall && n.command && n.at_once < 2)
		return usage_error(verb, "with --wall and --command, --at-once must be at least 2");

	gethostname(n.host, sizeof(n.host) - 1);
	notices_init(&n.notices, n.interval, n.details);
	notify_runs_init(&n.runs, n.at_once, NOTIFY_RUN_TIME);
	notify_runs_init(&n.clicks, NOTIFY_RUNS_MAX, CLOCK_NEVER);
	status = run_with_events(&n);
	desktop_close(n.desktop);
	notify_runs_deinit(&n.clicks);
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

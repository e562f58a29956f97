/* SPDX-License-Identifier: ISC */

/*
 * The clocks of the tests: the real clocks, moved by the file named by $FIRMA_TEST_CLOCK,
 *
 *     BOOT_OFFSET_US WALL_OFFSET_US [BOOT_ID]
 *
 * in one line of signed decimals. The file is read at each call; a test moves the time by replacing
 * it with rename(2). Without the variable, or while the file is missing, these are the real clocks.
 * A malformed line aborts: a test must not pass with a time that it didn't choose. If the file
 * can't be read for any other reason (the process has no descriptor left, say), the last known
 * offsets stay. With a BOOT_ID that doesn't have a UUID's length, clock_boot_id() returns -EIO.
 *
 * With $FIRMA_TEST_CLOCK_STEP, each reading adds so many µs to later readings: code that reads the
 * clock while it works takes long, on the fastest machine too.
 *
 * With $FIRMA_TEST_CLOCK_STOPPED, the clocks of this process stand still at their first reading,
 * and only a test moves them.
 *
 * The wall clock is synchronized unless $FIRMA_TEST_CLOCK_LOOSE is set.
 *
 * An alarm is an epoll descriptor around two others: a timerfd, for the time that really passes,
 * and an inotify watch on the file's directory, so that moving the clock wakes a waiting process.
 * The caller owns the epoll descriptor, the table below owns the other two: they are closed when
 * the number of their epoll descriptor is used again, else when the process ends.
 */

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/cleanup.h"

/* A line of the file: two numbers of 64 bits, an ID, and the blanks between them. */
#define LINE_MAX_LEN 127

#define ALARMS_MAX 8

struct moved {
	int64_t boot;
	int64_t wall;
	char boot_id[LINE_MAX_LEN + 1]; /* empty: the real one */
};

struct alarm {
	bool used;
	int epoll; /* the caller's */
	int timer;
	int inotify; /* -1 without $FIRMA_TEST_CLOCK */
};

static struct alarm alarms[ALARMS_MAX];

static const char *clock_file(void)
{
	const char *path = getenv("FIRMA_TEST_CLOCK");

	return path && *path ? path : NULL;
}

static int64_t take_number(const char **text)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(*text, &end, 10);
	if (end == *text || errno != 0 || !strchr(" \n", *end)) {
		fprintf(stderr, "test clock: not a number: '%s'\n", *text);
		abort();
	}

	*text = end;
	return n;
}

static void parse(const char *line, struct moved *ret)
{
	size_t len;

	ret->boot = take_number(&line);
	ret->wall = take_number(&line);

	line += strspn(line, " ");
	len = strcspn(line, " \n");
	memcpy(ret->boot_id, line, len);
	ret->boot_id[len] = '\0';
}

static struct moved read_moved(void)
{
	static struct moved known;
	cleanup(close_p) int fd = -1;
	const char *path = clock_file();
	char line[LINE_MAX_LEN + 1];
	ssize_t n;

	if (!path)
		return (struct moved){ 0 };

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		known = (struct moved){ 0 };
	if (fd < 0)
		return known;

	n = read(fd, line, LINE_MAX_LEN);
	if (n < 0)
		return known;

	line[n] = '\0';
	parse(line, &known);
	return known;
}

/* now + by, limited to the clock's range. */
static uint64_t move(uint64_t now, int64_t by)
{
	uint64_t back = by < 0 ? -(uint64_t)by : 0;
	uint64_t ret;

	if (by < 0)
		return now > back ? now - back : 0;
	if (__builtin_add_overflow(now, (uint64_t)by, &ret))
		return CLOCK_NEVER;
	return ret;
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_SECOND + (uint64_t)ts.tv_nsec / 1000;
}

/* The time that passed by reading the clock, in this process. */
static int64_t passed_by_reading(void)
{
	static int64_t passed;
	const char *step = getenv("FIRMA_TEST_CLOCK_STEP");

	if (step && *step)
		passed += take_number(&step);
	return passed;
}

struct clock_time clock_now(void)
{
	struct moved moved = read_moved();
	int64_t passed = passed_by_reading();
	static struct clock_time real;

	moved.boot += passed;
	moved.wall += passed;

	if (real.boot == 0 || !getenv("FIRMA_TEST_CLOCK_STOPPED")) {
		real.boot = read_clock(CLOCK_BOOTTIME);
		real.wall = read_clock(CLOCK_REALTIME);
	}
	return (struct clock_time){
		.boot = move(real.boot, moved.boot),
		.wall = move(real.wall, moved.wall),
	};
}

static int real_boot_id(char *ret_id)
{
	cleanup(close_p) int fd = -1;
	char line[CLOCK_BOOT_ID_LEN + 1];
	ssize_t n;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	n = read(fd, line, sizeof(line));
	if (n < 0)
		return -errno;
	if (n != sizeof(line))
		return -EIO;

	line[CLOCK_BOOT_ID_LEN] = '\0';
	memcpy(ret_id, line, sizeof(line));
	return 0;
}

bool clock_is_synchronized(void)
{
	return !getenv("FIRMA_TEST_CLOCK_LOOSE");
}

int clock_boot_id(char ret_id[static CLOCK_BOOT_ID_LEN + 1])
{
	struct moved moved = read_moved();

	if (moved.boot_id[0] == '\0')
		return real_boot_id(ret_id);
	if (strlen(moved.boot_id) != CLOCK_BOOT_ID_LEN)
		return -EIO;

	memcpy(ret_id, moved.boot_id, CLOCK_BOOT_ID_LEN + 1);
	return 0;
}

/* The slot of this epoll descriptor, or an empty one, or NULL. */
static struct alarm *find_alarm(int epoll, bool or_empty)
{
	struct alarm *empty = NULL;

	for (size_t i = 0; i < ALARMS_MAX; i++) {
		if (alarms[i].used && alarms[i].epoll == epoll)
			return &alarms[i];
		if (!alarms[i].used && !empty)
			empty = &alarms[i];
	}
	return or_empty ? empty : NULL;
}

static int watch_clock_file(const char *path, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) + 1 : 0;

	if (len >= sizeof(dir) - 1)
		return -ENAMETOOLONG;
	memcpy(dir, path, len);
	dir[len] = '.'; /* "/a/b/now" gives "/a/b/.", "now" gives "." */
	dir[len + 1] = '\0';

	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, dir, IN_MOVED_TO | IN_ONLYDIR) < 0)
		return -errno;

	*ret_fd = steal_fd(&fd);
	return 0;
}

static int nest(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int clock_alarm_open(int *ret_fd)
{
	cleanup(close_p) int epoll = -1;
	cleanup(close_p) int timer = -1;
	cleanup(close_p) int inotify = -1;
	struct alarm *a;
	int r;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return -errno;

	timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer < 0)
		return -errno;

	r = nest(epoll, timer);
	if (r < 0)
		return r;

	if (clock_file()) {
		r = watch_clock_file(clock_file(), &inotify);
		if (r < 0)
			return r;

		r = nest(epoll, inotify);
		if (r < 0)
			return r;
	}

	a = find_alarm(epoll, true);
	if (!a)
		return -EMFILE;
	if (a->used) {
		close_p(&a->timer);
		close_p(&a->inotify);
	}

	*a = (struct alarm){
		.used = true,
		.epoll = epoll,
		.timer = steal_fd(&timer),
		.inotify = steal_fd(&inotify),
	};
	*ret_fd = steal_fd(&epoll);
	return 0;
}

static void drain(int inotify)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (inotify >= 0 && read(inotify, events, sizeof(events)) > 0)
		;
}

int clock_alarm_set(int fd, uint64_t boot)
{
	struct itimerspec at = { 0 };
	struct alarm *a = find_alarm(fd, false);
	uint64_t real;

	if (!a)
		return -EBADF;

	/* Drain first, then read the file, so that a move in between is still seen. */
	drain(a->inotify);
	real = boot == CLOCK_NEVER ? CLOCK_NEVER : move(boot, -read_moved().boot);
	if (real != CLOCK_NEVER) {
		at.it_value.tv_sec = (time_t)(real / CLOCK_SECOND);
		at.it_value.tv_nsec = (long)(real % CLOCK_SECOND) * 1000;
		if (at.it_value.tv_sec == 0 && at.it_value.tv_nsec == 0)
			at.it_value.tv_nsec = 1; /* all zero would disarm */
	}
	return timerfd_settime(a->timer, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? -errno : 0;
}

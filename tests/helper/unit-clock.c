/* SPDX-License-Identifier: ISC */

/*
 * `unit clock now|boot-id|alarm SECONDS|read NOW TEXT`: shows the clock that the tests move.
 *
 * `now` prints both times in µs. `boot-id` prints the ID; or the errno's name, with exit status 1.
 * `alarm` sets an alarm SECONDS ahead, prints `ready`, and waits as the daemon does: each time that
 * the alarm's descriptor is readable it reads the time, and prints `due` and ends, or prints
 * `early` and sets the alarm again. It also ends when standard input ends.
 *
 * `read` prints what local_time_read() makes of the text if it is NOW (µs since 1970), in seconds
 * with nine digits after the point; or `refused`, with exit status 1.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/local-time.h"

static void set(int fd, uint64_t boot)
{
	int r = clock_alarm_set(fd, boot);

	if (r < 0)
		errx(UNIT_FAILED, "clock_alarm_set: %s", strerror(-r));
}

static int wait_for_alarm(uint64_t seconds)
{
	cleanup(close_p) int fd = -1;
	uint64_t due = clock_now().boot + seconds * CLOCK_SECOND;
	struct pollfd fds[] = { { .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	int r = clock_alarm_open(&fd);

	if (r < 0)
		errx(UNIT_FAILED, "clock_alarm_open: %s", strerror(-r));

	fds[0].fd = fd;
	set(fd, due);
	unit_ready();
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			err(UNIT_FAILED, "poll");
		if (clock_now().boot >= due)
			break;
		if (fds[1].revents)
			return UNIT_OK;
		puts("early");
		fflush(stdout);
		set(fd, due);
	}
	puts("due");

	/* After it is set again, it must not be readable. */
	set(fd, CLOCK_NEVER);
	return poll(fds, 1, 0) == 0 ? UNIT_OK : UNIT_FAILED;
}

static int read_time(uint64_t now, const char *text)
{
	uint64_t ns;

	if (!local_time_read(text, now, &ns)) {
		puts("refused");
		return UNIT_FAILED;
	}
	printf("%" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000, ns % 1000000000);
	return UNIT_OK;
}

int unit_clock(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "now") == 0) {
		struct clock_time now = clock_now();

		printf("%" PRIu64 " %" PRIu64 "\n", now.boot, now.wall);
		return UNIT_OK;
	}
	if (argc == 2 && strcmp(argv[1], "boot-id") == 0) {
		char id[CLOCK_BOOT_ID_LEN + 1];
		int r = clock_boot_id(id);

		puts(r < 0 ? strerrorname_np(-r) : id);
		return r < 0 ? UNIT_FAILED : UNIT_OK;
	}
	if (argc == 3 && strcmp(argv[1], "alarm") == 0) {
		unit_guard(UNIT_PATIENCE);
		return wait_for_alarm(unit_number(argv[2]));
	}
	if (argc == 4 && strcmp(argv[1], "read") == 0)
		return read_time(unit_number(argv[2]), argv[3]);
	return unit_usage("clock now|boot-id|alarm SECONDS|read NOW TEXT");
}

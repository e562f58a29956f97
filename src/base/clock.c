/* SPDX-License-Identifier: ISC */

/*
 * The real clocks. CLOCK_BOOTTIME rather than CLOCK_MONOTONIC, because a token's life goes on while
 * the machine sleeps. Holds no state.
 */

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

#include "base/cleanup.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_SECOND + (uint64_t)ts.tv_nsec / 1000;
}

struct clock_time clock_now(void)
{
	return (struct clock_time){
		.boot = read_clock(CLOCK_BOOTTIME),
		.wall = read_clock(CLOCK_REALTIME),
	};
}

bool clock_is_synchronized(void)
{
	struct timex timex = { .modes = 0 };

	return adjtimex(&timex) != TIME_ERROR && !(timex.status & STA_UNSYNC);
}

int clock_boot_id(char ret_id[static CLOCK_BOOT_ID_LEN + 1])
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
	if (n != sizeof(line) || line[CLOCK_BOOT_ID_LEN] != '\n')
		return -EIO;

	line[CLOCK_BOOT_ID_LEN] = '\0';
	memcpy(ret_id, line, sizeof(line));
	return 0;
}

int clock_alarm_open(int *ret_fd)
{
	int fd;

	fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return -errno;

	*ret_fd = fd;
	return 0;
}

int clock_alarm_set(int fd, uint64_t boot)
{
	struct itimerspec at = { 0 };

	if (boot != CLOCK_NEVER) {
		at.it_value.tv_sec = (time_t)(boot / CLOCK_SECOND);
		at.it_value.tv_nsec = (long)(boot % CLOCK_SECOND) * 1000;
		if (at.it_value.tv_sec == 0 && at.it_value.tv_nsec == 0)
			at.it_value.tv_nsec = 1; /* all zero would disarm */
	}
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		return -errno;

	return 0;
}

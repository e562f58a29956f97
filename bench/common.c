/* SPDX-License-Identifier: ISC */

/* Functions that the bench's programs share. */

#include "tool.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int tool_usage(const char *form)
{
	fprintf(stderr, "usage: tool %s\n", form);
	return TOOL_USAGE;
}

unsigned long tool_number(const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[strspn(text, "0123456789")] != '\0' || end == text || errno != 0)
		errx(TOOL_USAGE, "not a number: '%s'", text);
	return n;
}

struct sockaddr_un tool_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		errx(TOOL_USAGE, "%s: longer than the path of a socket can be", path);
	memcpy(address.sun_path, path, len + 1);
	return address;
}

int tool_listen(const struct sockaddr_un *address)
{
	int fd;

	(void)unlink(address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0
		|| listen(fd, SOMAXCONN) < 0)
		err(TOOL_FAILED, "%s", address->sun_path);
	return fd;
}

static void put_on_processor(pid_t pid, size_t processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sched_setaffinity(pid, sizeof(set), &set) < 0)
		err(TOOL_FAILED, "sched_setaffinity");
}

void tool_take_processors(pid_t server)
{
	size_t first = CPU_SETSIZE, last = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		err(TOOL_FAILED, "sched_getaffinity");
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		first = first == CPU_SETSIZE ? i : first;
		last = i;
	}
	put_on_processor(0, first);
	put_on_processor(server, last);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time) < 0)
		err(TOOL_FAILED, "clock_gettime");
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t tool_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t tool_processor_time(pid_t pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0)
		errx(TOOL_FAILED, "there is no process %d", (int)pid);
	return read_clock(clock);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void tool_sort(uint64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
}

uint64_t tool_percentile(const uint64_t *sorted, size_t n, unsigned int percent)
{
	size_t rank = (n * percent + 99) / 100;

	return sorted[rank > 0 ? rank - 1 : 0];
}

void *tool_allocate(size_t n, size_t size)
{
	void *data = calloc(n, size);

	if (!data)
		err(TOOL_FAILED, "calloc");
	return data;
}

void tool_print_load(uint64_t *times, size_t n, uint64_t took, uint64_t processor)
{
	tool_sort(times, n);
	printf("%zu %.6f %llu %llu %llu %llu\n", n, (double)took / 1e9,
		(unsigned long long)tool_percentile(times, n, 50),
		(unsigned long long)tool_percentile(times, n, 90),
		(unsigned long long)tool_percentile(times, n, 99),
		(unsigned long long)(processor / n));
}

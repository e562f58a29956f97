/* SPDX-License-Identifier: ISC */

/* The table of sub-commands, and their common functions. */

#include "tool.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "batch", tool_batch },
	{ "load", tool_load },
	{ "spawn", tool_spawn },
	{ "start", tool_start },
};

#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

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

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < N_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			int status = commands[i].run(argc - 1, argv + 1);

			if (fflush(stdout) != 0 || ferror(stdout))
				err(TOOL_FAILED, "standard output");
			return status;
		}
	}

	tool_usage("COMMAND [ARG...]");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(stderr, "  %s\n", commands[i].name);
	return TOOL_USAGE;
}

/* SPDX-License-Identifier: ISC */

/* Messages, and the end of standard output. */

#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool quiet;

void say_nothing(void)
{
	quiet = true;
}

static void __attribute__((format(printf, 1, 0))) vsay(const char *format, va_list ap)
{
	if (quiet)
		return;

	fputs("firma: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsay(format, ap);
	va_end(ap);
}

int say_undecided(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsay(format, ap);
	va_end(ap);
	return STATUS_UNDECIDED;
}

int say_finish(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return status;

	return say_undecided("could not write standard output: %s",
		errno ? strerror(errno) : "an earlier write failed");
}

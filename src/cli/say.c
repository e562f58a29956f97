/* SPDX-License-Identifier: ISC */

/* Messages, and the last check of standard output. */

#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "cli/console.h"
#include "cli/fold.h"

#define PREFIX "firma: "

static bool quiet;
static struct bytes *kept; /* NULL: messages go to standard error */
static int output_error;   /* errno of a failed flush */

void say_nothing(void)
{
	quiet = true;
}

void say_keep(struct bytes *message)
{
	kept = message;
}

bool say_is_quiet(void)
{
	return quiet;
}

static void __attribute__((format(printf, 1, 0))) vsay(const char *format, va_list ap)
{
	if (quiet)
		return;
	if (kept) {
		bytes_clear(kept);
		bytes_vappendf(kept, format, ap);
		return;
	}

	fputs(PREFIX, stderr);
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

void say_foreign(const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes folded = BYTES_PRINTED;
	struct console console;
	va_list ap;
	int r;

	console_look(STDERR_FILENO, &console);
	va_start(ap, format);
	r = bytes_vappendf(&text, format, ap);
	va_end(ap);
	if (r >= 0)
		r = fold_append(&folded, bytes_str(&text), text.len, sizeof(PREFIX) - 1,
			sizeof(PREFIX) - 1, console.columns);
	say("%s", r < 0 ? "out of memory" : bytes_str(&folded));
}

/* Prints a JSON escape; above U+FFFF, a pair of them. */
static void print_escape(uint32_t c)
{
	if (c > 0xffff)
		printf("\\u%04x\\u%04x", (unsigned int)(0xd800 + ((c - 0x10000) >> 10)),
			(unsigned int)(0xdc00 + ((c - 0x10000) & 0x3ff)));
	else
		printf("\\u%04x", (unsigned int)c);
}

void say_json(const char *line, size_t len)
{
	const char *end = line + len;
	uint32_t c;
	size_t n;

	if (!isatty(STDOUT_FILENO)) {
		puts(line);
		return;
	}

	for (; line < end; line += n) {
		n = utf8_decode(line, (size_t)(end - line), &c);
		if (n == 0)
			break; /* can't happen: the caller has parsed the text */
		if (unicode_class(c) != UNICODE_HIDDEN)
			fwrite(line, 1, n, stdout);
		else
			print_escape(c);
	}
	putchar('\n');
}

void say_flush(void)
{
	if (fflush(stdout) != 0)
		output_error = errno;
}

int say_finish(int status)
{
	bool failed = ferror(stdout);

	if (fclose(stdout) != 0)
		output_error = errno;
	else if (!failed)
		return status;

	return say_undecided("could not write standard output: %s",
		output_error ? strerror(output_error) : "an earlier write failed");
}

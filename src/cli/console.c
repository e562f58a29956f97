/* SPDX-License-Identifier: ISC */

/* A terminal's size and colours. */

#include "cli/console.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/notation.h"

#define COLUMNS_USUAL 80
#define ROWS_USUAL 24

/* A larger size is taken for an error. */
#define SIZE_MAX_BELIEVED 4096

static const char *const styles[STYLES] = {
	[STYLE_NONE] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_FAINT] = "\033[2m",
	[STYLE_RED] = "\033[31m",
	[STYLE_GREEN] = "\033[32m",
	[STYLE_YELLOW] = "\033[33m",
};

/* The terminal's value, else the environment's, else the usual one. */
static size_t size_of(unsigned short told, const char *variable, size_t usual)
{
	const char *text = getenv(variable);
	uint64_t n;

	if (told > 0 && told <= SIZE_MAX_BELIEVED)
		return told;
	if (text && notation_parse_number(text, 1, SIZE_MAX_BELIEVED, &n) == 0)
		return (size_t)n;
	return usual;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && no[0] != '\0') && term && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

void console_look(int fd, struct console *ret)
{
	struct winsize size = { 0 };

	*ret = (struct console){ 0 };
	if (!isatty(fd))
		return;

	/* A terminal of unknown size reports 0 by 0, or nothing. */
	(void)ioctl(fd, TIOCGWINSZ, &size);
	ret->columns = size_of(size.ws_col, "COLUMNS", COLUMNS_USUAL);
	ret->rows = size_of(size.ws_row, "LINES", ROWS_USUAL);
	ret->colour = wants_colour();
}

const char *console_style(const struct console *console, enum style style)
{
	return console->colour ? styles[style] : "";
}

const char *console_plain(const struct console *console, enum style style)
{
	return console->colour && style != STYLE_NONE ? "\033[m" : "";
}

size_t console_lines(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n + (len > 0 && text[len - 1] != '\n');
}

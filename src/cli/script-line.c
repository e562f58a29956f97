/* SPDX-License-Identifier: ISC */

/* Reads the line as load_script() of Linux does (fs/binfmt_script.c). */

#include "cli/script-line.h"

#include <string.h>
#include <unistd.h>

static const char mark[] = "#!", blank[] = " \t";

/*
 * Ends the line, and drops blanks at its end. A line without a line feed may go on after `last`: it
 * is cut there, unless a NUL ends it. False if the interpreter's name may be cut.
 */
static bool end_line(char *line, char *last)
{
	char *end = strchr(line, '\n'), *name = line + strspn(line, blank);

	if (!end) {
		if (name > last || name + strcspn(name, blank) > last)
			return false;
		end = last;
	}
	while (end > line && end[-1] && strchr(blank, end[-1]))
		end--;
	*end = '\0';
	return true;
}

bool script_line_read(int fd, struct script_line *ret)
{
	char text[SCRIPT_LINE_MAX + 1] = { 0 }, *line = text + strlen(mark);
	ssize_t n = pread(fd, text, SCRIPT_LINE_MAX, 0);
	struct script_line made = { 0 };
	size_t len;

	if (n < 0 || strncmp(text, mark, strlen(mark)) != 0
		|| !end_line(line, text + SCRIPT_LINE_MAX - 1))
		return false;

	line += strspn(line, blank);
	len = strcspn(line, blank);
	if (len == 0)
		return false;
	memcpy(made.interpreter, line, len);
	made.has_argument = line[len] != '\0';
	line += len;
	line += strspn(line, blank);
	memcpy(made.argument, line, strlen(line));
	*ret = made;
	return true;
}

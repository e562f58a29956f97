/* SPDX-License-Identifier: ISC */

/* Questions on a terminal. */

#include "cli/confirm.h"

#include <stdio.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

bool confirm_read(int terminal, const struct bytes *question, char ret[static CONFIRM_ANSWER_MAX])
{
	ssize_t n;

	tcflush(terminal, TCIFLUSH);
	file_write(terminal, bytes_str(question), question->len);
	n = read(terminal, ret, CONFIRM_ANSWER_MAX);
	if (n <= 0 || ret[n - 1] != '\n') {
		dprintf(terminal, "\n");
		return false;
	}

	ret[n - 1] = '\0';
	return true;
}

bool confirm_is_yes(const char *answer)
{
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

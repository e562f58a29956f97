/* SPDX-License-Identifier: ISC */

#include "cli/input-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

int input_file_read(const char *path, size_t max, struct bytes *ret)
{
	cleanup(close_p) int fd = -1;

	if (strcmp(path, "-") == 0)
		return file_read(STDIN_FILENO, max, ret);

	fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : file_read(fd, max, ret);
}

void input_file_join_lines(struct bytes *json)
{
	for (size_t i = 0; i < json->len; i++)
		if (json->data[i] == '\n')
			json->data[i] = ' ';
}

/* SPDX-License-Identifier: ISC */

/* Streams of evidence, named by path. */

#include "cli/evidence-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/say.h"

int evidence_file_append_path(struct bytes *b, const char *path)
{
	return text_append_escaped(b, path, strlen(path));
}

int evidence_file_say_error(const char *path, int error)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (evidence_file_append_path(&shown, path) < 0)
		return say_undecided("out of memory");
	return say_undecided("could not read %s: %s", bytes_str(&shown), strerror(-error));
}

int evidence_file_open(const char *path, int *ret_fd)
{
	int fd;

	fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
				    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return evidence_file_say_error(path, -errno);

	*ret_fd = fd;
	return STATUS_DONE;
}

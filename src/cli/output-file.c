/* SPDX-License-Identifier: ISC */

#include "cli/output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/say.h"

static int say_fault(const char *what, const char *path, int r)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	if (r == -ENOMEM || text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");
	return say_undecided("%s%s: %s", what, bytes_str(&shown), strerror(-r));
}

int output_file_read(const char *path, size_t max, struct bytes *ret)
{
	cleanup(close_p) int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? file_read(fd, max, ret) : -EINVAL;
}

/* Returns 0 if the file may be replaced, a positive number if it is another, or -errno. */
static int look(const char *path, const struct output_kind *kind)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	int r;

	r = output_file_read(path, kind->max, &text);
	if (r == -ENOENT)
		return 0;
	if (r == -ELOOP || r == -EFBIG || r == -EINVAL)
		return 1;
	if (r < 0 || text.len == 0)
		return r;
	return kind->refuse(&text);
}

int output_file_look(const char *path, const struct output_kind *kind)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	const int r = look(path, kind);

	if (r == 0)
		return STATUS_DONE;
	if (r < 0)
		return say_fault("", path, r);
	if (text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");
	say("%s is no %s, and was not changed", bytes_str(&shown), kind->name);
	return STATUS_REFUSED;
}

static void remove_p(char **path)
{
	if (*path)
		unlink(*path);
	free(*path);
}

static int replace(const char *path, mode_t mode, const void *data, size_t len)
{
	cleanup(close_p) int fd = -1;
	cleanup(remove_p) char *made = NULL;
	cleanup(free_p) char *temporary = NULL;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC); /* with O_EXCL and mode 0600 */
	if (fd < 0)
		return -errno;
	made = steal_ptr(temporary);

	r = file_write(fd, data, len);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(made, path) < 0)
		return -errno;
	free(made);
	made = NULL;
	return 0;
}

int output_file_replace(
	const char *path, const struct output_kind *kind, const void *data, size_t len)
{
	const int r = replace(path, kind->mode, data, len);

	return r < 0 ? say_fault("could not write ", path, r) : STATUS_DONE;
}

static int create(const char *path, mode_t mode, const void *data, size_t len)
{
	int fd, r;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;

	r = file_write(fd, data, len);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r >= 0)
		r = -errno;
	if (r < 0)
		unlink(path);
	return r;
}

int output_file_create(const char *path, mode_t mode, const void *data, size_t len)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;
	const int r = create(path, mode, data, len);

	if (r >= 0)
		return STATUS_DONE;
	if (r != -EEXIST)
		return say_fault("could not write ", path, r);
	if (text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");
	say("%s already exists, and was not changed", bytes_str(&shown));
	return STATUS_REFUSED;
}

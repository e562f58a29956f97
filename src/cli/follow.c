/* SPDX-License-Identifier: ISC */

#include "cli/follow.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static bool has_name(const struct follow *f)
{
	return strcmp(f->path, "-") != 0;
}

static int add(int watch, const char *path, uint32_t mask)
{
	return inotify_add_watch(watch, path, mask) < 0 ? -errno : 0;
}

int follow_begin(struct follow *f, const char *path, int fd)
{
	cleanup(free_p) char *copy = strdup(path);
	char open_file[64];
	int r;

	if (!copy)
		return -ENOMEM;

	follow_end(f);
	f->path = path;
	f->watch = inotify_init1(IN_CLOEXEC);
	if (f->watch < 0)
		return -errno;

	snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d", fd);
	r = add(f->watch, open_file, IN_MODIFY);
	if (r >= 0 && has_name(f))
		r = add(f->watch, dirname(copy), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	/* Without permission to read the directory, a new file is not noticed. */
	return r == -EACCES ? 0 : r;
}

void follow_end(struct follow *f)
{
	close_p(&f->watch);
	f->watch = -1;
}

int follow_look(const struct follow *f, int fd, uint64_t offset)
{
	struct stat open_file, named;

	if (fstat(fd, &open_file) < 0)
		return -errno;
	if (has_name(f) && stat(f->path, &named) == 0
		&& (named.st_dev != open_file.st_dev || named.st_ino != open_file.st_ino))
		return FOLLOW_REPLACED;
	return S_ISREG(open_file.st_mode) && (uint64_t)open_file.st_size < offset ? FOLLOW_CUT
										  : FOLLOW_NOTHING;
}

int follow_wait(const struct follow *f)
{
	char events[sizeof(struct inotify_event) + 256];

	return read(f->watch, events, sizeof(events)) < 0 && errno != EINTR ? -errno : 0;
}

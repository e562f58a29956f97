/* SPDX-License-Identifier: ISC */

/* Whether a file must be read again. */

#include "base/watched-file.h"

#include <errno.h>

/* How long a ctime counts as recent: much longer than the kernel's clock tick. */
#define RECENT (100 * CLOCK_MS)

int watched_file_look(int dir_fd, const char *path, int flags, struct stat *ret)
{
	if (fstatat(dir_fd, path, ret, flags) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;

	*ret = (struct stat){ 0 };
	return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool watched_file_is_same(const struct watched_file *w, const struct stat *st)
{
	const struct stat *seen = &w->seen;

	return st->st_dev == seen->st_dev && st->st_ino == seen->st_ino
		&& st->st_size == seen->st_size && st->st_mode == seen->st_mode
		&& st->st_uid == seen->st_uid && same_time(&st->st_mtim, &seen->st_mtim)
		&& same_time(&st->st_ctim, &seen->st_ctim);
}

bool watched_file_has_changed(const struct watched_file *w, int dir_fd, const char *path, int flags,
	const struct clock_time *now)
{
	struct stat st;

	if (w->recent || w->again <= now->boot)
		return true;
	return watched_file_look(dir_fd, path, flags, &st) < 0 || !watched_file_is_same(w, &st);
}

static bool is_recent(const struct stat *st, uint64_t wall)
{
	uint64_t changed =
		(uint64_t)st->st_ctim.tv_sec * CLOCK_SECOND + (uint64_t)st->st_ctim.tv_nsec / 1000;

	return st->st_ino != 0 && (changed > wall || wall - changed < RECENT);
}

void watched_file_note(struct watched_file *w, const struct stat *seen, uint64_t again,
	const struct clock_time *now)
{
	*w = (struct watched_file){
		.seen = *seen,
		.again = again,
		.recent = is_recent(seen, now->wall),
	};
}

int watched_file_wrote(struct watched_file *w, int fd)
{
	w->recent = true;
	return fstat(fd, &w->seen) < 0 ? -errno : 0;
}

void watched_file_retry(struct watched_file *w)
{
	w->again = WATCHED_FILE_AT_ONCE;
}

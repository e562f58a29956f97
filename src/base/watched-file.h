/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Whether a file must be read again: stat(2) shows another file than the one that was read, or does
 * not prove that it is the same. Embedded. All zeros: it was never read.
 *
 *	watched_file_has_changed()   before each use of what was read
 *	watched_file_note()          after each reading, also a failed one
 *	watched_file_wrote()         after this process replaced the file
 *	watched_file_retry()         after a failure later on
 *
 * Before Linux 6.13 file times are as coarse as the kernel's clock tick, so two quick writes can
 * have the same time: while its ctime is recent, the file is read each time. A ctime in the future
 * is recent: if the clock was set back, the file is read more often, never less.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/clock.h"

struct watched_file {
	struct stat seen; /* before it was last read; all zeros: no file, or not opened */
	uint64_t again; /* read it at this time, even if stat(2) shows no change; CLOCK_NEVER: don't
			 */
	bool recent;    /* its ctime is too recent to prove that it is unchanged */
};

/* For `again`: the result was not the file's content, and is good for nothing. */
#define WATCHED_FILE_AT_ONCE 0

/* As fstatat(2), but *ret is all zeros if there is no file. */
int watched_file_look(int dir_fd, const char *path, int flags, struct stat *ret);

/* Whether `st` is of the file as it was when it was last read. */
bool watched_file_is_same(const struct watched_file *w, const struct stat *st);

/* `flags`: 0, or AT_SYMLINK_NOFOLLOW. */
bool watched_file_has_changed(const struct watched_file *w, int dir_fd, const char *path, int flags,
	const struct clock_time *now);

/*
 * `seen`: of the open file, from before the first byte was read: a later write then shows as a
 * change. All zeros if there is no file, or it was not opened.
 */
void watched_file_note(struct watched_file *w, const struct stat *seen, uint64_t again,
	const struct clock_time *now);

/* `fd` is the new file. After an error, call watched_file_retry(). */
int watched_file_wrote(struct watched_file *w, int fd);

/* The file is read again at once. */
void watched_file_retry(struct watched_file *w);

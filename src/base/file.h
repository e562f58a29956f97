/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Files that must be trusted and must last. Opening checks the open file, through its descriptor.
 * Replacing writes a new file beside the old one and renames it, so that a reader always finds the
 * whole old content or the whole new content, also after a power cut.
 *
 * All names are single components under a directory descriptor that the caller holds. Functions
 * return 0, a negative errno, or a positive file_fault: the file was opened, but can't be trusted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/bytes.h"

enum file_fault {
	FILE_FINE,
	FILE_IS_SYMLINK,
	FILE_NOT_REGULAR,
	FILE_NOT_DIRECTORY,
	FILE_FOREIGN_OWNER,
	FILE_OPEN_TO_OTHERS,
	FILE_WRITABLE_BY_OTHERS,
	FILE_HAS_ACL,
	FILE_GONE,
	FILE_REPLACED,
	FILE_SHORTER,
	FILE_LONGER,
	FILE_TOUCHED,
};

/* Such as "is a symbolic link". */
const char *file_fault_text(enum file_fault fault);

/*
 * Opens a directory that must belong to `owner`, give no permission to group and others, and not be
 * a symbolic link. Its parent directories are not checked: they are the administrator's.
 */
int file_open_dir(const char *path, uid_t owner, int *ret_fd);

/*
 * Makes a directory with mode 0700, and its missing parents likewise. An existing directory is left
 * as it is. New directories may be lost in a power cut until file_sync_parents() was called.
 */
int file_make_dir(const char *path);

/*
 * Syncs the parent directories, up to the root of the file system: the process that made them may
 * have died before it synced them. If a parent may not be opened, the whole file system is synced.
 */
int file_sync_parents(int dir_fd);

/* Opens a regular file with the same checks. `flags` as for open(2); a new file gets mode 0600. */
int file_open(int dir_fd, const char *name, int flags, uid_t owner, int *ret_fd);

/* For file_open_shared() and file_share(): no group. */
#define FILE_NO_GROUP ((gid_t)-1)

/*
 * The same for a file that `readers`, a group, may read: call file_share() next. The file may be
 * readable by any group and by others, as long as no one but the owner can write it and it has no
 * access control list. With FILE_NO_GROUP it is file_open().
 */
int file_open_shared(
	int dir_fd, const char *name, int flags, uid_t owner, gid_t readers, int *ret_fd);

/*
 * Lets the group read the file, gives group and others no other permission, and checks that this is
 * so. With FILE_NO_GROUP nothing is done.
 */
int file_share(int fd, gid_t readers);

/* For file_look(): any size and any times are accepted. */
#define FILE_ANY UINT64_MAX

/*
 * The identity and times of a file after our last write to it. A write by another process changes
 * the times, even a write of the same size; the ctime can't be set back. Before Linux 6.13 times
 * are as coarse as the kernel's clock tick: a write within the tick of ours is not seen.
 */
struct file_seen {
	dev_t dev;
	ino_t ino;
	struct timespec mtime, ctime;
};

/* Call it after each write. On error *ret is all zeros, and file_look() reports FILE_TOUCHED. */
void file_see(int fd, struct file_seen *ret);

/*
 * Whether `name` still leads to the file that was seen, which must still be open, and the file has
 * this size and the same times. If so, no other process has replaced, cut, extended or rewritten
 * it.
 */
int file_look(int dir_fd, const char *name, uint64_t size, const struct file_seen *seen);

/*
 * The space in bytes that is free for a process without privileges, and the size of the file
 * system. Both are UINT64_MAX if the file system does not report them.
 */
int file_space(int fd, uint64_t *ret_free, uint64_t *ret_size);

/*
 * Whether a failure to open or read is a passing lack of a resource, and says nothing about the
 * file. The file's content is then unknown.
 */
bool file_error_is_passing(int r);

/* Appends the rest of the file; -EFBIG if that is more than `max` bytes. */
int file_read(int fd, size_t max, struct bytes *b);

/* Writes all `len` bytes; continues after short writes and interruptions. */
int file_write(int fd, const void *data, size_t len);

/*
 * Gives a file that is about to be replaced a second name, so that it isn't lost: NAME.replaced.1,
 * or with the next free number. *ret_number is 0 if there is no such file. Error: -EEXIST if there
 * are FILE_REPLACED_MAX already, or another negative errno.
 */
#define FILE_REPLACED_MAX 99
int file_keep_aside(int dir_fd, const char *name, unsigned int *ret_number);

/*
 * A replacement for a file: file_replace_begin(), file_write() to `fd`, file_replace_commit().
 * Always call file_replace_deinit() at the end: it removes a file that was not committed. The
 * temporary name is fixed, so that a file that was left is found and removed by the next
 * file_replace_begin(); so the caller must hold the lock on the directory. A file is left only if
 * the process dies between the two, or if unlinkat(2) fails, which it does if the rename failed
 * because the directory is read-only.
 */
struct file_replace {
	int dir_fd; /* the caller's */
	const char *name;
	char *temporary; /* NULL once renamed */
	int fd;
};

#define FILE_REPLACE_INIT \
	{                 \
		.fd = -1  \
	}

/* `name` must stay valid until file_replace_deinit(). */
int file_replace_begin(struct file_replace *f, int dir_fd, const char *name);

/*
 * Syncs the content, renames, syncs the directory. If only the last step failed, an error is
 * returned and *ret_renamed is true: the file is in place, but may be lost in a power cut.
 */
int file_replace_commit(struct file_replace *f, bool *ret_renamed);

/* Gives the descriptor of the committed file to the caller. */
int file_replace_steal_fd(struct file_replace *f);

void file_replace_deinit(struct file_replace *f);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Files that must be trusted and must last. Opening checks what was opened, through its
 * descriptor; replacing writes beside the file and renames over it, so that a reader at any time,
 * also after a power cut, finds the old content or the new one, whole.
 *
 * All names are single components under a directory descriptor that the caller holds. Functions
 * give 0 or a negative errno; a positive result is a file_fault: it opened, but can't be trusted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

enum file_fault {
	FILE_FINE,
	FILE_IS_SYMLINK,
	FILE_NOT_REGULAR,
	FILE_NOT_DIRECTORY,
	FILE_FOREIGN_OWNER,
	FILE_OPEN_TO_OTHERS,
	FILE_WRITABLE_BY_OTHERS,
	FILE_GONE,
	FILE_REPLACED,
	FILE_SHORTER,
	FILE_LONGER,
};

/* Such as "is a symbolic link". */
const char *file_fault_text(enum file_fault fault);

/*
 * Opens a directory that must belong to `owner` and be closed to everybody else (no permission
 * for group and others), and not be a symbolic link. Its parents are the administrator's affair.
 */
int file_open_dir(const char *path, uid_t owner, int *ret_fd);

/*
 * Makes a directory, 0700, and its missing parents alike. One that is there is left as it is. None
 * of them is there for good before file_sync_parents().
 */
int file_make_dir(const char *path);

/*
 * Syncs the directories above, up to that of another file system: whoever made them may have died
 * before that. Where one may not be opened, all of the file system is synced.
 */
int file_sync_parents(int dir_fd);

/* Opens a regular file with the same checks; `flags` as for open(2), a new one gets mode 0600. */
int file_open(int dir_fd, const char *name, int flags, uid_t owner, int *ret_fd);

/* For file_look(): the size doesn't matter. */
#define FILE_ANY_SIZE UINT64_MAX

/*
 * Whether `name` still leads to what `fd` has open, and that has this size: what no other process
 * has touched is as its only writer left it.
 */
int file_look(int fd, int dir_fd, const char *name, uint64_t size);

/*
 * What is left on the file system for a process without privileges, and its size; both UINT64_MAX
 * where it does not say.
 */
int file_space(int fd, uint64_t *ret_free, uint64_t *ret_size);

/* Appends all of it; -EFBIG where that is more than `max` bytes. */
int file_read(int fd, size_t max, struct bytes *b);

/* Writes all of it, through short writes and interruptions. */
int file_write(int fd, const void *data, size_t len);

/*
 * A replacement for a file: file_replace_begin(), file_write() to `fd`, file_replace_commit();
 * file_replace_deinit() at the end in any case, which removes what was not committed. Its
 * temporary name is fixed, so that one left by a crash is found and removed: whoever replaces a
 * file must hold the lock on its directory.
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

/* `name` must stay valid until the end. */
int file_replace_begin(struct file_replace *f, int dir_fd, const char *name);

/*
 * Syncs the content, renames, syncs the directory. Where only the last of these failed (the file
 * is in place, but may not outlive a power cut) *ret_renamed is true beside the error.
 */
int file_replace_commit(struct file_replace *f, bool *ret_renamed);

/* Hands over the descriptor of the committed file. */
int file_replace_steal_fd(struct file_replace *f);

void file_replace_deinit(struct file_replace *f);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A file with the number of a process, which that process keeps locked as long as it lives. The
 * kernel says who holds the lock, so a file that was left behind names nobody, whatever it holds.
 *
 * A second lock of the same file belongs to whoever starts or stops such a process, so that two
 * don't do so at once. Both are fcntl(2) locks: a process loses its locks when it closes any
 * descriptor of the file, and a child has none of them.
 */

#include <stdbool.h>
#include <sys/types.h>

enum pid_file_lock { PID_FILE_PROCESS, PID_FILE_MANAGER };

struct pid_file {
	char *path;
	int dir_fd, fd;
	const char *name; /* within `path` */
};

#define PID_FILE_INIT                  \
	{                              \
		.dir_fd = -1, .fd = -1 \
	}

/*
 * Opens the file. With `make`, it is made if it is missing. Returns 0, a negative errno, or a
 * positive file_fault (base/file.h): it must be a regular file of the caller's, closed to others.
 */
int pid_file_open(struct pid_file *f, const char *path, bool make);

/*
 * Takes a lock; with `wait`, waits for it. Errors: -EAGAIN if another holds it; -EINTR if a signal
 * came; -ESTALE if the name leads to another file meanwhile, so that it must be opened again.
 */
int pid_file_take(struct pid_file *f, enum pid_file_lock lock, bool wait);

/* Finds the process that holds the lock. *ret is 0 if none does, -1 if it can't be seen from here.
 */
int pid_file_holder(const struct pid_file *f, enum pid_file_lock lock, pid_t *ret);

/* Whether the file holds this number, as pid_file_write() wrote it. */
bool pid_file_names(const struct pid_file *f, pid_t pid);

/*
 * Writes the caller's number. -EEXIST if the file holds anything but a number: it is then another
 * file, and is left as it is.
 */
int pid_file_write(struct pid_file *f);

/*
 * Removes the file if the name still leads to it. The caller holds PID_FILE_PROCESS. -EEXIST as
 * pid_file_write().
 */
int pid_file_remove(struct pid_file *f);

/* Gives up the locks. */
void pid_file_close(struct pid_file *f);

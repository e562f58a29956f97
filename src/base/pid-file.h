/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A file with the number of a process, which the process keeps locked while it lives. The kernel
 * knows the holder of the lock, so a file that was left over is not taken for a running process.
 *
 * A second lock of the same file is for the program that starts or stops the process: only one can
 * do so at a time. Both are fcntl(2) locks: a process loses its locks when it closes any descriptor
 * of the file, and a child does not inherit them.
 */

#include <stdbool.h>
#include <sys/types.h>

enum pid_file_lock {
	PID_FILE_PROCESS, /* of the process itself */
	PID_FILE_MANAGER, /* of a program that starts or stops it */
};

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
 * Opens the file; `make` creates it if it is missing. Returns 0, a negative errno, or a positive
 * file_fault (base/file): it must be a regular file of the caller's user, without permissions for
 * group and others. Call pid_file_close() in either case.
 */
int pid_file_open(struct pid_file *f, const char *path, bool make);

/*
 * Takes a lock; with `wait`, waits for it. Errors: -EAGAIN if another process holds it; -EINTR if a
 * signal came; -ESTALE if the name no longer leads to this file, which must be opened again.
 */
int pid_file_take(struct pid_file *f, enum pid_file_lock lock, bool wait);

/* Finds the holder of a lock. *ret is 0 if there is none, -1 if it is in another PID namespace. */
int pid_file_holder(const struct pid_file *f, enum pid_file_lock lock, pid_t *ret);

/* Whether the file holds this number, as pid_file_write() wrote it. */
bool pid_file_names(const struct pid_file *f, pid_t pid);

/*
 * Writes the caller's number. Error: -EEXIST if the file holds anything but a number: it is not a
 * pid file, and stays unchanged.
 */
int pid_file_write(struct pid_file *f);

/*
 * Removes the file if the name still leads to it. The caller holds PID_FILE_PROCESS. Errors: those
 * of pid_file_write().
 */
int pid_file_remove(struct pid_file *f);

/* Gives up the locks. */
void pid_file_close(struct pid_file *f);

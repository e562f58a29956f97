/* SPDX-License-Identifier: ISC */

/* Locked files that name a process. */

#include "base/pid-file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"

/* A pid has at most seven digits. */
#define CONTENT_MAX 16

int pid_file_open(struct pid_file *f, const char *path, bool make)
{
	cleanup(free_p) char *directory = strdup(path);
	const char *slash;

	*f = (struct pid_file)PID_FILE_INIT;
	f->path = strdup(path);
	if (!directory || !f->path)
		return -ENOMEM;

	slash = strrchr(f->path, '/');
	f->name = slash ? slash + 1 : f->path;
	f->dir_fd = open(dirname(directory), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd < 0)
		return -errno;
	return file_open(f->dir_fd, f->name, O_RDWR | (make ? O_CREAT : 0), geteuid(), &f->fd);
}

/* Each lock is one byte; the file needn't be so long. */
static struct flock lock_of(enum pid_file_lock lock)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)lock, .l_len = 1
	};
}

static bool is_in_place(const struct pid_file *f)
{
	struct stat ours, named;

	return fstat(f->fd, &ours) == 0
		&& fstatat(f->dir_fd, f->name, &named, AT_SYMLINK_NOFOLLOW) == 0
		&& ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

int pid_file_take(struct pid_file *f, enum pid_file_lock lock, bool wait)
{
	struct flock range = lock_of(lock);

	if (fcntl(f->fd, wait ? F_SETLKW : F_SETLK, &range) < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	return is_in_place(f) ? 0 : -ESTALE;
}

int pid_file_holder(const struct pid_file *f, enum pid_file_lock lock, pid_t *ret)
{
	struct flock range = lock_of(lock);

	if (fcntl(f->fd, F_GETLK, &range) < 0)
		return -errno;

	if (range.l_type == F_UNLCK)
		*ret = 0;
	else /* the kernel says 0 for a process of another PID namespace */
		*ret = range.l_pid > 0 ? range.l_pid : -1;
	return 0;
}

/* *ret is the number in the file; 0: it is empty. -EEXIST if it holds anything else. */
static int read_number(const struct pid_file *f, pid_t *ret)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	size_t len;
	int r;

	if (lseek(f->fd, 0, SEEK_SET) < 0)
		return -errno;
	r = file_read(f->fd, CONTENT_MAX, &text);
	if (r < 0)
		return r == -EFBIG ? -EEXIST : r;
	len = strspn(bytes_str(&text), "0123456789");
	if (text.len > 0 && (len == 0 || strcmp(text.data + len, "\n") != 0))
		return -EEXIST;

	*ret = (pid_t)strtol(bytes_str(&text), NULL, 10);
	return 0;
}

bool pid_file_names(const struct pid_file *f, pid_t pid)
{
	pid_t number = 0;

	return read_number(f, &number) == 0 && number == pid;
}

int pid_file_write(struct pid_file *f)
{
	char text[CONTENT_MAX];
	pid_t old;
	int r;

	r = read_number(f, &old);
	if (r < 0)
		return r;
	if (ftruncate(f->fd, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
		return -errno;
	snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	return file_write(f->fd, text, strlen(text));
}

int pid_file_remove(struct pid_file *f)
{
	pid_t number;
	int r;

	if (!is_in_place(f))
		return 0;
	r = read_number(f, &number);
	if (r < 0)
		return r;
	return unlinkat(f->dir_fd, f->name, 0) < 0 ? -errno : 0;
}

void pid_file_close(struct pid_file *f)
{
	close_p(&f->fd);
	close_p(&f->dir_fd);
	free(f->path);
	*f = (struct pid_file)PID_FILE_INIT;
}

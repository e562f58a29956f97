/* SPDX-License-Identifier: ISC */

/*
 * Trusted and lasting files. Every check looks at an open descriptor, never at a name twice.
 * Opening never blocks: O_NONBLOCK is set, since the name could lead to a FIFO.
 */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_MODE 0600
#define FILE_SHARED_MODE 0640
#define FILE_DIR_MODE 0700
#define READ_SIZE 65536
#define FILE_OTHERS_MASK (S_IRWXG | S_IRWXO)
#define FILE_MODE_MASK 07777

/* acl(5): its mask is the group's part of the mode, so a new mode could give more to its users. */
#define FILE_ACL "system.posix_acl_access"

static const char *const fault_texts[] = {
	[FILE_FINE] = "is fine",
	[FILE_IS_SYMLINK] = "is a symbolic link",
	[FILE_NOT_REGULAR] = "is not a regular file",
	[FILE_NOT_DIRECTORY] = "is not a directory",
	[FILE_FOREIGN_OWNER] = "belongs to another user",
	[FILE_OPEN_TO_OTHERS] = "is open to its group or to others",
	[FILE_WRITABLE_BY_OTHERS] = "can be written by its group or by others",
	[FILE_HAS_ACL] = "has an access control list",
	[FILE_GONE] = "is gone",
	[FILE_REPLACED] = "was replaced by another",
	[FILE_SHORTER] = "was cut off by another process",
	[FILE_LONGER] = "was written to by another process",
	[FILE_TOUCHED] = "was changed by another process",
};

const char *file_fault_text(enum file_fault fault)
{
	return fault_texts[fault];
}

static int check_owner(int fd, mode_t type, enum file_fault wrong_type, uid_t owner, mode_t *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;

	if ((st.st_mode & S_IFMT) != type)
		return wrong_type;
	if (st.st_uid != owner)
		return FILE_FOREIGN_OWNER;
	*ret = st.st_mode;
	return 0;
}

static int check(int fd, mode_t type, enum file_fault wrong_type, uid_t owner)
{
	mode_t mode = 0;
	int r;

	r = check_owner(fd, type, wrong_type, owner, &mode);
	return r == 0 && mode & FILE_OTHERS_MASK ? (int)FILE_OPEN_TO_OTHERS : r;
}

/* Of a file that is about to be shared: permissions to read it don't matter yet. */
static int check_before_sharing(int fd, uid_t owner)
{
	mode_t mode = 0;
	int r;

	r = check_owner(fd, S_IFREG, FILE_NOT_REGULAR, owner, &mode);
	if (r != 0)
		return r;
	if (mode & (S_IWGRP | S_IWOTH))
		return FILE_WRITABLE_BY_OTHERS;
	if (fgetxattr(fd, FILE_ACL, NULL, 0) >= 0)
		return FILE_HAS_ACL;
	return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
}

int file_open_dir(const char *path, uid_t owner, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOTDIR)
			return -errno;
		/* open(2) fails with ENOTDIR for a symbolic link and for a file. */
		if (lstat(path, &st) < 0)
			return -errno;
		return S_ISLNK(st.st_mode) ? FILE_IS_SYMLINK : FILE_NOT_DIRECTORY;
	}

	r = check(fd, S_IFDIR, FILE_NOT_DIRECTORY, owner);
	if (r != 0)
		return r;

	*ret_fd = steal_fd(&fd);
	return 0;
}

static int make_one_dir(const char *path)
{
	return mkdir(path, FILE_DIR_MODE) == 0 || errno == EEXIST ? 0 : -errno;
}

int file_make_dir(const char *path)
{
	cleanup(free_p) char *copy = NULL;
	int r;

	if (path[0] == '\0')
		return -ENOENT;

	copy = strdup(path);
	if (!copy)
		return -ENOMEM;

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = make_one_dir(copy);
		if (r < 0)
			return r;
		*slash = '/';
	}
	return make_one_dir(copy);
}

/* The parent directory. *ret_fd is -1 if `dir_fd` is the root or a mount point. */
static int open_parent(int dir_fd, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	struct stat below, above;

	*ret_fd = -1;
	fd = openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(dir_fd, &below) < 0 || fstat(fd, &above) < 0)
		return -errno;
	if (above.st_dev == below.st_dev && above.st_ino != below.st_ino)
		*ret_fd = steal_fd(&fd);
	return 0;
}

int file_sync_parents(int dir_fd)
{
	cleanup(close_p) int fd = -1;
	int r, parent;

	r = open_parent(dir_fd, &parent);
	while (r >= 0 && parent >= 0) {
		close_p(&fd);
		fd = parent;
		if (fsync(fd) < 0)
			return -errno;
		r = open_parent(fd, &parent);
	}
	if (r == -EACCES)
		r = syncfs(dir_fd) < 0 ? -errno : 0;
	return r;
}

int file_open(int dir_fd, const char *name, int flags, uid_t owner, int *ret_fd)
{
	return file_open_shared(dir_fd, name, flags, owner, FILE_NO_GROUP, ret_fd);
}

int file_open_shared(
	int dir_fd, const char *name, int flags, uid_t owner, gid_t readers, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	int r;

	fd = openat(
		dir_fd, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, FILE_MODE);
	if (fd < 0) {
		/* open(2)'s errors for a link, a directory, and a socket, idle FIFO or device. */
		if (errno == ELOOP)
			return FILE_IS_SYMLINK;
		if (errno == EISDIR || errno == ENXIO || errno == ENODEV)
			return FILE_NOT_REGULAR;
		return -errno;
	}

	r = readers == FILE_NO_GROUP ? check(fd, S_IFREG, FILE_NOT_REGULAR, owner)
				     : check_before_sharing(fd, owner);
	if (r != 0)
		return r;

	*ret_fd = steal_fd(&fd);
	return 0;
}

static bool is_shared(const struct stat *st, gid_t readers)
{
	return st->st_gid == readers && (st->st_mode & FILE_MODE_MASK) == FILE_SHARED_MODE;
}

int file_share(int fd, gid_t readers)
{
	struct stat st;

	if (readers == FILE_NO_GROUP)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (is_shared(&st, readers))
		return 0;

	if (st.st_gid != readers && fchown(fd, (uid_t)-1, readers) < 0)
		return -errno;
	if (fchmod(fd, FILE_SHARED_MODE) < 0 || fstat(fd, &st) < 0)
		return -errno;
	return is_shared(&st, readers) ? 0 : (int)FILE_OPEN_TO_OTHERS;
}

void file_see(int fd, struct file_seen *ret)
{
	struct stat st;

	*ret = (struct file_seen){ 0 };
	if (fstat(fd, &st) == 0)
		*ret = (struct file_seen){ st.st_dev, st.st_ino, st.st_mtim, st.st_ctim };
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int file_look(int dir_fd, const char *name, uint64_t size, const struct file_seen *seen)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? (int)FILE_GONE : -errno;

	if (seen->ino == 0)
		return FILE_TOUCHED;
	if (st.st_dev != seen->dev || st.st_ino != seen->ino)
		return FILE_REPLACED;
	if (size == FILE_ANY)
		return 0;
	if ((uint64_t)st.st_size != size)
		return (uint64_t)st.st_size < size ? FILE_SHORTER : FILE_LONGER;
	return same_time(&st.st_mtim, &seen->mtime) && same_time(&st.st_ctim, &seen->ctime)
		? 0
		: (int)FILE_TOUCHED;
}

int file_space(int fd, uint64_t *ret_free, uint64_t *ret_size)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return -errno;

	*ret_free = st.f_blocks > 0 ? st.f_bavail * st.f_frsize : UINT64_MAX;
	*ret_size = st.f_blocks > 0 ? st.f_blocks * st.f_frsize : UINT64_MAX;
	return 0;
}

bool file_error_is_passing(int r)
{
	return r == -ENOMEM || r == -EMFILE || r == -ENFILE || r == -EIO;
}

int file_read(int fd, size_t max, struct bytes *b)
{
	size_t start = b->len;
	char *end;
	ssize_t n;
	int r;

	for (;;) {
		r = bytes_reserve(b, READ_SIZE, &end);
		if (r < 0)
			return r;

		n = read(fd, end, READ_SIZE);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			return 0;
		bytes_grew(b, (size_t)n);
		if (b->len - start > max)
			return -EFBIG;
	}
}

int file_write(int fd, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, at, len);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			return -EIO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_keep_aside(int dir_fd, const char *name, unsigned int *ret_number)
{
	char aside[NAME_MAX + 1];
	int n;

	*ret_number = 0;
	for (unsigned int i = 1; i <= FILE_REPLACED_MAX; i++) {
		n = snprintf(aside, sizeof(aside), "%s.replaced.%u", name, i);
		if (n < 0 || (size_t)n >= sizeof(aside))
			return -ENAMETOOLONG;
		if (linkat(dir_fd, name, dir_fd, aside, 0) == 0) {
			*ret_number = i;
			return 0;
		}
		if (errno != EEXIST)
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

int file_replace_begin(struct file_replace *f, int dir_fd, const char *name)
{
	cleanup(free_p) char *temporary = NULL;
	int fd;

	if (asprintf(&temporary, "%s.new", name) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	if (unlinkat(dir_fd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;

	fd = openat(dir_fd, temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;

	*f = (struct file_replace){ dir_fd, name, steal_ptr(temporary), fd };
	return 0;
}

int file_replace_commit(struct file_replace *f, bool *ret_renamed)
{
	*ret_renamed = false;

	if (fsync(f->fd) < 0)
		return -errno;

	if (renameat(f->dir_fd, f->temporary, f->dir_fd, f->name) < 0)
		return -errno;

	free(f->temporary);
	f->temporary = NULL;
	*ret_renamed = true;

	if (fsync(f->dir_fd) < 0)
		return -errno;

	return 0;
}

int file_replace_steal_fd(struct file_replace *f)
{
	return steal_fd(&f->fd);
}

void file_replace_deinit(struct file_replace *f)
{
	if (f->temporary)
		unlinkat(f->dir_fd, f->temporary, 0);
	free(f->temporary);
	close_p(&f->fd);
	*f = (struct file_replace)FILE_REPLACE_INIT;
}

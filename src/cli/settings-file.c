/* SPDX-License-Identifier: ISC */

#include "cli/settings-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/trust.h"
#include "cli/say.h"

void settings_file_deinit(struct settings_file *f)
{
	close_p(&f->dir_fd);
	free(f->path);
	free(f->shown);
	bytes_deinit(&f->text);
}

int settings_file_fail(const struct settings_file *f, const char *what)
{
	say("%s: %s%s", f->shown, what, f->only_read ? "" : "; nothing was changed");
	return STATUS_REFUSED;
}

static bool is_foreign(const struct stat *st)
{
	return st->st_uid != geteuid() && st->st_uid != 0;
}

/* The group of a user's file is often that user's alone. For root, a group is others. */
static bool others_can_write(const struct stat *st)
{
	return (st->st_mode & (geteuid() == 0 ? S_IWGRP | S_IWOTH : S_IWOTH)) != 0;
}

/* What root writes must not be redirected: no other user may own any part of the path. */
static int open_dir_for_root(struct settings_file *f, bool make)
{
	const size_t len = (size_t)(f->name - 1 - f->path);
	cleanup(free_p) char *dir = strndup(len > 0 ? f->path : "/", len > 0 ? len : 1);
	cleanup(bytes_deinit) struct bytes at = BYTES_PRINTED, why = BYTES_PRINTED;
	bool made;
	int r;

	if (!dir)
		return say_undecided("out of memory");
	close_p(&f->dir_fd);
	f->dir_fd = -1;
	r = trust_open_dir(dir, 0, make, &at, &f->dir_fd, &made);
	if (r == 0 || (r == -ENOENT && !make))
		return STATUS_DONE;
	if (r > 0 && strcmp(bytes_str(&at), dir) == 0)
		bytes_append_str(&why, "its directory ");
	return trust_append_fault(&why, dir, bytes_str(&at), r) < 0
		? say_undecided("out of memory")
		: settings_file_fail(f, bytes_str(&why));
}

static bool is_for_root(const struct settings_file *f)
{
	return geteuid() == 0 && !f->only_read;
}

/* The directory may be the user's symbolic link; the file may not be a link. */
static int open_dir(struct settings_file *f)
{
	cleanup(free_p) char *dir = NULL;
	struct stat st;

	if (is_for_root(f))
		return open_dir_for_root(f, false);
	dir = strndup(f->path, (size_t)(f->name - f->path));
	if (!dir)
		return say_undecided("out of memory");
	close_p(&f->dir_fd);
	f->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd < 0)
		return errno == ENOENT ? STATUS_DONE : settings_file_fail(f, strerror(errno));
	if (fstat(f->dir_fd, &st) < 0)
		return settings_file_fail(f, strerror(errno));
	if (is_foreign(&st) || others_can_write(&st))
		return settings_file_fail(f, "its directory belongs to, or is writable by, others");
	return STATUS_DONE;
}

/* STATUS_DONE also if there is no file. */
static int read_file(struct settings_file *f)
{
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	bytes_clear(&f->text);
	f->there = false;
	if (f->dir_fd < 0)
		return STATUS_DONE;

	fd = openat(f->dir_fd, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return STATUS_DONE;
	if (fd < 0)
		return settings_file_fail(
			f, errno == ELOOP ? "is a symbolic link" : strerror(errno));
	if (fstat(fd, &st) < 0)
		return settings_file_fail(f, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return settings_file_fail(f, "is no regular file");
	if (is_foreign(&st) || others_can_write(&st))
		return settings_file_fail(f, "belongs to, or is writable by, others");
	if (st.st_uid != geteuid() && !f->only_read)
		return settings_file_fail(f, "belongs to root, which alone may change it");

	r = file_read(fd, SETTINGS_FILE_MAX, &f->text);
	if (r < 0)
		return settings_file_fail(f, strerror(-r));
	if (memchr(bytes_str(&f->text), '\0', f->text.len))
		return settings_file_fail(f, "holds a NUL byte");
	f->mode = st.st_mode & 07777;
	f->there = true;
	return STATUS_DONE;
}

static int take_name(struct settings_file *f, char *path)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED;

	f->path = path;
	if (text_append_quoted(&shown, path, strlen(path)) < 0)
		return say_undecided("out of memory");

	f->shown = bytes_steal(&shown);
	f->name = strrchr(path, '/') + 1;
	return STATUS_DONE;
}

int settings_file_open(struct settings_file *f, char *path)
{
	int status;

	status = take_name(f, path);
	if (status == STATUS_DONE)
		status = open_dir(f);
	return status == STATUS_DONE ? read_file(f) : status;
}

int settings_file_open_in(struct settings_file *f, int dir_fd, char *path)
{
	int status;

	f->dir_fd = dir_fd;
	status = take_name(f, path);
	return status == STATUS_DONE ? read_file(f) : status;
}

static bool make_dirs(const struct settings_file *f)
{
	cleanup(free_p) char *dir = strndup(f->path, (size_t)(f->name - f->path));

	for (char *at = dir ? dir + 1 : NULL; at && (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return false;
		*at = '/';
	}
	return dir;
}

int settings_file_write(struct settings_file *f, mode_t mode, const struct bytes *text)
{
	struct settings_file now = SETTINGS_FILE_INIT;
	struct file_replace replace = FILE_REPLACE_INIT;
	bool renamed, same;
	int r = 0, status;

	if (f->dir_fd < 0) {
		if (!is_for_root(f) && !make_dirs(f))
			return settings_file_fail(f, strerror(errno));
		status = is_for_root(f) ? open_dir_for_root(f, true) : open_dir(f);
		if (status != STATUS_DONE || f->dir_fd < 0)
			return status != STATUS_DONE ? status
						     : settings_file_fail(f, strerror(ENOENT));
	}
	if (flock(f->dir_fd, LOCK_EX | LOCK_NB) < 0)
		return settings_file_fail(f, "its directory is locked by another");

	now = (struct settings_file){ f->path, f->shown, f->name, f->dir_fd, .text = now.text };
	status = read_file(&now);
	same = now.there == f->there && now.text.len == f->text.len
		&& memcmp(bytes_str(&now.text), bytes_str(&f->text), now.text.len) == 0;
	bytes_deinit(&now.text);
	if (status != STATUS_DONE)
		return status;
	if (!same)
		return settings_file_fail(f, "has changed meanwhile");

	if (!text)
		return unlinkat(f->dir_fd, f->name, 0) < 0 ? settings_file_fail(f, strerror(errno))
							   : STATUS_DONE;

	r = file_replace_begin(&replace, f->dir_fd, f->name);
	if (r >= 0)
		r = file_write(replace.fd, bytes_str(text), text->len);
	if (r >= 0 && fchmod(replace.fd, mode) < 0)
		r = -errno;
	if (r >= 0)
		r = file_replace_commit(&replace, &renamed);
	file_replace_deinit(&replace);
	return r < 0 ? settings_file_fail(f, strerror(-r)) : STATUS_DONE;
}

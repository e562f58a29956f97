/* SPDX-License-Identifier: ISC */

/*
 * A walk from the root, one component at a time. Each component is opened below the descriptor of
 * the previous one, without following a link, and checked through its own descriptor: so the file
 * that was checked is the file that is used. A link is followed by putting its text before the rest
 * of the path.
 */

#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

/* The kernel's limit (path_resolution(7)). */
#define LINKS_MAX 40

struct walk {
	uid_t owner;
	int dir;            /* the current directory */
	struct bytes shown; /* the path so far, for messages */
	struct bytes rest;  /* the path that remains */
	int links;
};

static int check(const struct walk *w, const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != w->owner)
		return FILE_FOREIGN_OWNER;
	if (S_ISLNK(st->st_mode) || !(st->st_mode & (S_IWGRP | S_IWOTH)))
		return FILE_FINE;
	return S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) ? FILE_FINE
							       : FILE_WRITABLE_BY_OTHERS;
}

static int enter(struct walk *w, const char *name)
{
	struct stat st;
	int fd;

	fd = openat(w->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_PATH);
	if (fd < 0)
		return -errno;

	if (w->dir >= 0)
		close(w->dir);
	w->dir = fd;
	return fstat(fd, &st) < 0 ? -errno : check(w, &st);
}

static int go_to_root(struct walk *w)
{
	bytes_clear(&w->shown);
	return enter(w, "/");
}

/* Puts the link's text before the rest; `link` is a descriptor of the link itself. */
static int follow(struct walk *w, int link)
{
	cleanup(bytes_deinit) struct bytes rest = BYTES_PRINTED;
	char target[PATH_MAX];
	ssize_t len;
	int r;

	if (++w->links > LINKS_MAX)
		return -ELOOP;

	len = readlinkat(link, "", target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';

	r = bytes_appendf(&rest, "%s/%s", target, bytes_str(&w->rest));
	if (r < 0)
		return r;

	bytes_clear(&w->rest);
	r = bytes_append_str(&w->rest, bytes_str(&rest));
	if (r >= 0 && target[0] == '/')
		r = go_to_root(w);
	return r;
}

/* Removes the next component from the rest; "" if there is none. */
static int take_component(struct walk *w, char ret[static NAME_MAX + 1])
{
	const char *rest = bytes_str(&w->rest);
	size_t slashes = strspn(rest, "/"), len = strcspn(rest + slashes, "/");

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(ret, rest + slashes, len);
	ret[len] = '\0';
	bytes_consume(&w->rest, slashes + len);
	return 0;
}

static bool is_last(const struct walk *w)
{
	const char *rest = bytes_str(&w->rest);

	return rest[strspn(rest, "/")] == '\0';
}

/* Opens the file itself and checks the opened file again. Doesn't block on a FIFO. */
static int open_file(const struct walk *w, const char *name, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	struct stat st;
	int r;

	fd = openat(w->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return FILE_NOT_REGULAR;

	r = check(w, &st);
	if (r == FILE_FINE)
		*ret_fd = steal_fd(&fd);
	return r;
}

/* Goes one component further; *ret_fd is set if that was the file. */
static int step(struct walk *w, int *ret_fd)
{
	cleanup(close_p) int fd = -1;
	char name[NAME_MAX + 1];
	size_t shown = w->shown.len;
	struct stat st;
	int r;

	r = take_component(w, name);
	if (r < 0)
		return r;
	if (name[0] == '\0')
		return FILE_NOT_REGULAR; /* the path ends at a directory */

	r = bytes_appendf(&w->shown, "/%s", name);
	if (r < 0)
		return r;

	fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;

	r = check(w, &st);
	if (r != FILE_FINE)
		return r;
	if (S_ISLNK(st.st_mode)) {
		bytes_truncate(&w->shown, shown);
		return follow(w, fd);
	}
	if (S_ISDIR(st.st_mode)) {
		close(w->dir);
		w->dir = steal_fd(&fd);
		return 0;
	}
	if (!is_last(w))
		return -ENOTDIR;
	return S_ISREG(st.st_mode) ? open_file(w, name, ret_fd) : FILE_NOT_REGULAR;
}

int trust_open(const char *path, uid_t owner, struct bytes *at, int *ret_fd)
{
	struct walk w = {
		.owner = owner,
		.dir = -1,
		.shown = BYTES_PRINTED,
		.rest = BYTES_PRINTED,
	};
	int fd = -1, r;

	r = bytes_append_str(&w.rest, path);
	if (r >= 0)
		r = go_to_root(&w);
	while (r == 0 && fd < 0)
		r = step(&w, &fd);

	if (r == 0)
		*ret_fd = fd;
	else if (bytes_append_str(at, w.shown.len > 0 ? bytes_str(&w.shown) : "/") < 0)
		r = -ENOMEM;
	close_p(&w.dir);
	bytes_deinit(&w.shown);
	bytes_deinit(&w.rest);
	return r;
}

/* --- directories ------------------------------------------------------------------------------ */

/*
 * Opens a subdirectory without following a link. Only the last one of a path must be readable; for
 * the others, search permission is enough.
 */
static int open_below(int dir, const char *name, bool is_last_one, int *ret_fd)
{
	const struct open_how how = {
		.flags = (is_last_one ? O_RDONLY : O_PATH) | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	struct stat st;
	long fd;

	fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
	if (fd >= 0) {
		*ret_fd = (int)fd;
		return 0;
	}
	if (errno != ELOOP && errno != ENOTDIR)
		return -errno;
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)
		? (int)FILE_IS_SYMLINK
		: -ENOTDIR;
}

static int check_dir(int fd, uid_t owner, bool is_last)
{
	const struct walk w = { .owner = owner };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (is_last)
		st.st_mode &= ~(mode_t)S_ISVTX;
	return check(&w, &st);
}

/* Opens, or makes, the next directory of the path. */
static int step_into(struct walk *w, bool make, bool *ret_made)
{
	cleanup(close_p) int fd = -1;
	char name[NAME_MAX + 1];
	int r;

	*ret_made = false;
	r = take_component(w, name);
	if (r < 0)
		return r;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	r = bytes_appendf(&w->shown, "/%s", name);
	if (r < 0)
		return r;

	r = open_below(w->dir, name, is_last(w), &fd);
	if (r == -ENOENT && make) {
		if (mkdirat(w->dir, name, 0755) < 0)
			return -errno;
		*ret_made = true;
		r = open_below(w->dir, name, is_last(w), &fd);
	}
	if (r != 0)
		return r;

	close(w->dir);
	w->dir = steal_fd(&fd);
	return check_dir(w->dir, w->owner, is_last(w));
}

int trust_open_dir(
	const char *path, uid_t owner, bool make, struct bytes *at, int *ret_fd, bool *ret_made)
{
	struct walk w = {
		.owner = owner,
		.dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.shown = BYTES_PRINTED,
		.rest = BYTES_PRINTED,
	};
	bool made = false;
	int r;

	r = w.dir < 0 ? -errno : bytes_append_str(&w.rest, path);
	if (r >= 0)
		r = check_dir(w.dir, owner, is_last(&w));
	while (r == 0 && !is_last(&w))
		r = step_into(&w, make, &made);

	if (r == 0) {
		*ret_fd = steal_fd(&w.dir);
		*ret_made = made;
	} else if (bytes_append_str(at, w.shown.len > 0 ? bytes_str(&w.shown) : "/") < 0) {
		r = -ENOMEM;
	}
	close_p(&w.dir);
	bytes_deinit(&w.shown);
	bytes_deinit(&w.rest);
	return r;
}

int trust_append_fault(struct bytes *b, const char *path, const char *at, int r)
{
	const char *what = r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r);

	if (strcmp(path, at) == 0)
		return bytes_append_str(b, what);
	if (text_append_quoted(b, at, strlen(at)) < 0)
		return -ENOMEM;
	return bytes_appendf(b, " on the way to it %s", what);
}

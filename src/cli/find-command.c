/* SPDX-License-Identifier: ISC */

/* Finds a command. */

#include "cli/find-command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/file-hash.h"

/* Sets `why` to "NAME: what". */
static int fail(struct bytes *why, const char *name, int error, const char *what)
{
	bytes_clear(why);
	text_append_quoted(why, name, strlen(name));
	bytes_appendf(why, ": %s", what);
	return -error;
}

static int fail_by_errno(struct bytes *why, const char *name, int error)
{
	return fail(why, name, error, strerror(error));
}

/* Returns 0 if the file can be run, else an errno. */
static int check_runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* $PATH, or the C library's default if it is unset. */
static char *search_path(void)
{
	const char *path = getenv("PATH");
	cleanup(free_p) char *standard = NULL;
	size_t len;

	if (path)
		return strdup(path);

	len = confstr(_CS_PATH, NULL, 0);
	standard = malloc(len);
	if (standard)
		confstr(_CS_PATH, standard, len);
	return steal_ptr(standard);
}

/* An empty element of the search path is the current directory. */
static int search(const char *name, char **ret, struct bytes *why)
{
	cleanup(free_p) char *path = search_path();
	char *rest = path, *candidate;
	const char *dir;
	bool denied = false;
	int error;

	while (rest) {
		dir = strsep(&rest, ":");
		if (asprintf(&candidate, "%s/%s", dir[0] ? dir : ".", name) < 0)
			break;

		error = check_runnable(candidate);
		if (error == 0) {
			*ret = candidate;
			return 0;
		}
		denied |= error == EACCES;
		free(candidate);
	}
	if (denied)
		return fail_by_errno(why, name, EACCES);
	return fail(why, name, ENOENT, "command not found");
}

static int find(const char *name, char **ret, struct bytes *why)
{
	int error;

	if (name[0] == '\0')
		return fail(why, name, ENOENT, "command not found");
	if (!strchr(name, '/'))
		return search(name, ret, why);

	error = check_runnable(name);
	if (error)
		return fail_by_errno(why, name, error);

	*ret = strdup(name);
	return *ret ? 0 : fail_by_errno(why, name, ENOMEM);
}

/* The error of a failed call; -EIO if errno was not set. */
static int negative_errno(void)
{
	int r = -errno;

	return r < 0 ? r : -EIO;
}

/*
 * Fills both paths: one with its directory resolved and its last name kept, one with all links
 * resolved. `path` has a slash.
 */
static int resolve(const char *path, struct found_command *c)
{
	const char *name = strrchr(path, '/');
	cleanup(free_p) char *parent = NULL;
	cleanup(free_p) char *dir = NULL;

	parent = name == path ? strdup("/") : strndup(path, (size_t)(name - path));
	if (!parent)
		return -ENOMEM;

	dir = realpath(parent, NULL);
	if (!dir)
		return negative_errno();
	if (asprintf(&c->executable, "%s%s", strcmp(dir, "/") == 0 ? "" : dir, name) < 0) {
		c->executable = NULL;
		return -ENOMEM;
	}

	c->real_path = realpath(path, NULL);
	return c->real_path ? 0 : negative_errno();
}

/*
 * Whether a user other than root could change the file. Other files are not hashed: that would cost
 * far more than the question.
 */
static bool others_could_change(const struct stat *st)
{
	return st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static int hash_command(struct found_command *c, bool all)
{
	cleanup(close_p) int fd = -1;
	struct stat st;

	assert(c->real_path);
	if (stat(c->real_path, &st) < 0)
		return -errno;
	if (!all && !others_could_change(&st))
		return 0;

	fd = open(c->real_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return -errno;

	return file_hash(fd, c->sha256);
}

int find_command(const char *name, struct found_command *ret, struct bytes *why)
{
	struct found_command c = { 0 };
	cleanup(free_p) char *found = NULL;
	int r;

	r = find(name, &found, why);
	if (r < 0)
		return r;
	assert(found);

	r = resolve(found, &c);
	if (r < 0) {
		found_command_deinit(&c);
		return fail_by_errno(why, name, -r);
	}

	*ret = c;
	return 0;
}

int find_and_hash_command(
	const char *name, bool hash_all, struct found_command *ret, struct bytes *why)
{
	struct found_command c = { 0 };
	int r;

	r = find_command(name, &c, why);
	if (r < 0)
		return r;

	r = hash_command(&c, hash_all);
	if (r < 0) {
		found_command_deinit(&c);
		return fail_by_errno(why, name, -r);
	}

	*ret = c;
	return 0;
}

void found_command_deinit(struct found_command *c)
{
	free(c->executable);
	free(c->real_path);
	*c = (struct found_command){ 0 };
}

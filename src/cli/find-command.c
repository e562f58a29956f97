/* SPDX-License-Identifier: ISC */

/* Finding and hashing a command. */

#include "cli/find-command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "base/text.h"

#define READ_SIZE 65536

/* "NAME: what". */
static int fail(struct bytes *why, const char *name, const char *what)
{
	bytes_clear(why);
	text_append_quoted(why, name, strlen(name));
	bytes_appendf(why, ": %s", what);
	return -ENOENT;
}

/* 0 where it can be run; else errno of why not. */
static int check_runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* The search path; the C library's own where there is none. */
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

/* An empty element is the current directory. */
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
	return fail(why, name, denied ? strerror(EACCES) : "command not found");
}

static int find(const char *name, char **ret, struct bytes *why)
{
	int error;

	if (name[0] == '\0')
		return fail(why, name, "command not found");
	if (!strchr(name, '/'))
		return search(name, ret, why);

	error = check_runnable(name);
	if (error)
		return fail(why, name, strerror(error));

	*ret = strdup(name);
	return *ret ? 0 : fail(why, name, strerror(ENOMEM));
}

/* Of a call that failed, whatever it left in errno. */
static int negative_errno(void)
{
	int r = -errno;

	return r < 0 ? r : -EIO;
}

/* The directory resolved, the last name kept; and every link followed. `path` has a slash. */
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

static int hash_file(int fd, char ret[static 65])
{
	struct sha256 state;
	uint8_t hash[SHA256_LEN];
	uint8_t buffer[READ_SIZE];
	ssize_t n;

	sha256_init(&state);
	for (;;) {
		n = read(fd, buffer, sizeof(buffer));
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			break;
		sha256_update(&state, buffer, (size_t)n);
	}
	sha256_final(&state, hash);
	notation_hex(hash, sizeof(hash), ret);
	return 0;
}

/* Hashing every binary of the system would cost far more than the question. */
static bool others_could_change(const struct stat *st)
{
	return st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static int hash_command(struct found_command *c, bool all)
{
	cleanup(close_p) int fd = -1;
	struct stat st;

	if (stat(c->real_path, &st) < 0)
		return -errno;
	if (!all && !others_could_change(&st))
		return 0;

	fd = open(c->real_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return -errno;

	sha256_expect((uint64_t)st.st_size);
	return hash_file(fd, c->sha256);
}

int find_command(const char *name, bool hash_all, struct found_command *ret, struct bytes *why)
{
	struct found_command c = { 0 };
	cleanup(free_p) char *found = NULL;
	int r;

	r = find(name, &found, why);
	if (r < 0)
		return r;

	r = resolve(found, &c);
	if (r >= 0)
		r = hash_command(&c, hash_all);
	if (r < 0) {
		found_command_deinit(&c);
		return fail(why, name, strerror(-r));
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

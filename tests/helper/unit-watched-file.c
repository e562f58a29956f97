/* SPDX-License-Identifier: ISC */

/*
 * `unit watched-file STATE COMMAND ARG…`: shows base/watched-file. STATE is a file that keeps the
 * structure from one call to the next; if there is none, the structure is all zeros. Times are µs.
 *
 *	ask [--no-follow] FILE BOOT WALL          prints "changed" or "same"
 *	note [--no-follow] FILE BOOT WALL AGAIN   as after a reading; AGAIN may be "never"
 *	wrote FILE                                as after a replacement
 *	retry
 */

#include "helper/unit.h"

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/watched-file.h"

static void load(const char *path, struct watched_file *ret)
{
	cleanup(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC);

	*ret = (struct watched_file){ 0 };
	if (fd >= 0 && read(fd, ret, sizeof(*ret)) != sizeof(*ret))
		err(UNIT_FAILED, "%s", path);
}

static void save(const char *path, const struct watched_file *w)
{
	cleanup(close_p) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		err(UNIT_FAILED, "%s", path);
	unit_must(file_write(fd, w, sizeof(*w)));
}

static struct clock_time time_of(char **argv)
{
	return (struct clock_time){ unit_number(argv[0]), unit_number(argv[1]) };
}

static int ask(struct watched_file *w, int flags, char **argv)
{
	const struct clock_time now = time_of(argv + 1);

	puts(watched_file_has_changed(w, AT_FDCWD, argv[0], flags, &now) ? "changed" : "same");
	return UNIT_OK;
}

static int note(struct watched_file *w, int flags, char **argv)
{
	const struct clock_time now = time_of(argv + 1);
	struct stat seen;

	unit_must(watched_file_look(AT_FDCWD, argv[0], flags, &seen));
	watched_file_note(
		w, &seen, strcmp(argv[3], "never") == 0 ? CLOCK_NEVER : unit_number(argv[3]), &now);
	return UNIT_OK;
}

static int wrote(struct watched_file *w, int flags, char **argv)
{
	cleanup(close_p) int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)flags;
	if (fd < 0)
		err(UNIT_FAILED, "%s", argv[0]);
	unit_must(watched_file_wrote(w, fd));
	return UNIT_OK;
}

static int retry(struct watched_file *w, int flags, char **argv)
{
	(void)flags;
	(void)argv;
	watched_file_retry(w);
	return UNIT_OK;
}

static const struct {
	const char *name;
	int n_args;
	int (*run)(struct watched_file *w, int flags, char **argv);
} commands[] = {
	{ "ask", 3, ask },
	{ "note", 4, note },
	{ "wrote", 1, wrote },
	{ "retry", 0, retry },
};

int unit_watched_file(int argc, char **argv)
{
	bool no_follow = argc >= 4 && strcmp(argv[3], "--no-follow") == 0;
	int first = no_follow ? 4 : 3, r;
	struct watched_file w;

	for (size_t i = 0; argc >= 3 && i < LENGTH(commands); i++) {
		if (strcmp(argv[2], commands[i].name) != 0 || argc - first != commands[i].n_args)
			continue;
		load(argv[1], &w);
		r = commands[i].run(&w, no_follow ? AT_SYMLINK_NOFOLLOW : 0, argv + first);
		save(argv[1], &w);
		return r;
	}
	return unit_usage("watched-file STATE ask|note|wrote|retry ARG...");
}

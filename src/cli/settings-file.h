/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A file with another program's settings. It is neither read nor written if it is a link, belongs
 * to another user, or others may write to it; for root this holds for all directories on its path,
 * too, unless the file is only read. A file of root's may be read by those who don't want to write
 * it. Embedded: SETTINGS_FILE_INIT, settings_file_open(), then settings_file_deinit() in any case.
 * Results are exit statuses; a failure was printed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"

#define SETTINGS_FILE_MAX ((size_t)4 << 20)

struct settings_file {
	char *path, *shown; /* `shown` is escaped */
	const char *name;   /* the path's last part */
	int dir_fd;         /* -1: the directory doesn't exist */
	bool there;
	bool only_read; /* set before the file is opened: it will not be written */
	mode_t mode;
	struct bytes text; /* file_read() needs more room than the file's size */
};

#define SETTINGS_FILE_INIT                                                              \
	{                                                                               \
		.dir_fd = -1, .text = BYTES_INIT(SETTINGS_FILE_MAX + ((size_t)1 << 20)) \
	}

/* `path` is absolute, and belongs to `f` from then on. A missing file is no failure. */
int settings_file_open(struct settings_file *f, char *path);

/*
 * The same in a directory that the caller has opened and checked; -1 if it doesn't exist. `f` owns
 * the descriptor from then on.
 */
int settings_file_open_in(struct settings_file *f, int dir_fd, char *path);
void settings_file_deinit(struct settings_file *f);

/*
 * Writes the text, or removes the file (NULL), but only if the file is still as it was read. Makes
 * the directory if it is missing, and locks it meanwhile.
 */
int settings_file_write(struct settings_file *f, mode_t mode, const struct bytes *text);

/* Prints why the file can't be used, and that nothing was changed. Returns STATUS_REFUSED. */
int settings_file_fail(const struct settings_file *f, const char *what);

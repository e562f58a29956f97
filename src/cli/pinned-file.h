/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The file of a command, held so that what is executed is what was asked about: pinned_file_open(),
 * then the question with its hash, then pinned_file_execute(). The file's path is used once, to
 * open it.
 *
 * Where somebody other than root could write the file, or a directory on the way to it, it is a
 * sealed copy in memory (memfd_create(2)). Else it is the file itself, and the open descriptor is
 * executed.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/file-hash.h"

/* The largest file that is copied. */
#define PINNED_FILE_MAX ((off_t)1 << 30)

struct pinned_file {
	int fd;
	char sha256[FILE_HASH_HEX_LEN + 1]; /* of what the descriptor holds; "" where not wanted */
};

#define PINNED_FILE_INIT \
	{                \
		.fd = -1 \
	}

/*
 * `path` is absolute and has no links. A copy is always hashed, and the file itself where `hash`
 * wants it. Returns 0, or a negative errno with a sentence in `why`: it must not be executed then,
 * by any other means either. pinned_file_deinit() closes.
 */
int pinned_file_open(const char *path, bool hash, struct pinned_file *ret, struct bytes *why);
void pinned_file_deinit(struct pinned_file *file);

/*
 * Replaces the program. Returns a negative errno, with a sentence in `why`, where it can't: -ENOENT
 * is for an interpreter that is not there.
 *
 * A script's interpreter is given /dev/fd/N, which is the same open file; so the descriptor stays
 * open in it.
 */
int pinned_file_execute(const struct pinned_file *file, const char *path, char **argv, char **envp,
	struct bytes *why);

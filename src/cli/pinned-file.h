/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A command's file, held open so that the executed file is the one that was asked about:
 * pinned_file_open(), then the question with its hash, then pinned_file_execute(). The file's path
 * is used once, to open it.
 *
 * If a user other than root could write the file, or a directory on the way to it, the descriptor
 * is a sealed copy in memory (memfd_create(2)). Otherwise it is the file itself. A script's
 * interpreter is held in the same way.
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "cli/file-hash.h"

/* The largest file that can be copied. */
#define PINNED_FILE_MAX ((off_t)1 << 30)

struct pinned_file {
	int fd;
	char sha256[FILE_HASH_HEX_LEN + 1]; /* of the descriptor's content; "" if not computed */
	struct pinned_script *script;       /* its interpreter; NULL: it is no script */
};

#define PINNED_FILE_INIT \
	{                \
		.fd = -1 \
	}

/*
 * `path` is absolute and has no links. A copy is always hashed, the file itself only with `hash`.
 * Returns 0, or a negative errno with a sentence in `why`: then the file must not be executed by
 * any means. -ENOENT: the file, or its interpreter, is missing. pinned_file_deinit() closes.
 */
int pinned_file_open(const char *path, bool hash, struct pinned_file *ret, struct bytes *why);
void pinned_file_deinit(struct pinned_file *file);

/*
 * Replaces this program. On failure returns a negative errno with a sentence in `why`: -ENOENT
 * means that the loader of a program is missing.
 *
 * A script's interpreter gets /dev/fd/N, which is the same open file, so the descriptor stays open
 * in it.
 */
int pinned_file_execute(const struct pinned_file *file, const char *path, char **argv, char **envp,
	struct bytes *why);

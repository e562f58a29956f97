/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A file that a verb writes at a path from the user. output_file_replace() atomically replaces an
 * older file of the same kind, and refuses to replace any other file.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"

struct output_kind {
	const char *name; /* for messages: "token" */
	size_t max;       /* bytes that such a file may have */
	mode_t mode;

	/* Returns 0 if the text is of this kind, a positive number if not, or -ENOMEM. */
	int (*refuse)(const struct bytes *text);
};

/*
 * Whether output_file_replace() may replace what is at `path`: nothing, an empty file, or one of
 * this kind. Returns STATUS_DONE, or another status with the message already printed.
 */
int output_file_look(const char *path, const struct output_kind *kind);

/* Returns STATUS_DONE, or STATUS_UNDECIDED with the message already printed. */
int output_file_replace(
	const char *path, const struct output_kind *kind, const void *data, size_t len);

/*
 * Creates a file that must not exist yet. Returns STATUS_DONE; STATUS_REFUSED if the path exists;
 * or another status. A failure was printed, and leaves no file.
 */
int output_file_create(const char *path, mode_t mode, const void *data, size_t len);

/* The file's content. Returns 0, or a negative errno: -ELOOP if it is a symbolic link. */
int output_file_read(const char *path, size_t max, struct bytes *ret);

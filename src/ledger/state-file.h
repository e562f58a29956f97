/* SPDX-License-Identifier: ISC */
#pragma once

/* Small files of the state directory that are read whole, and replaced whole. */

#include <stddef.h>

#include "base/bytes.h"
#include "ledger/state-dir.h"

/* The file is damaged, or can't be trusted; `why` says what. */
enum { STATE_FILE_REFUSED = 1 };

/*
 * Appends the content, at most `max` bytes. Returns 0, STATE_FILE_REFUSED (also if the file is
 * longer), or a negative errno: -ENOENT if there is no file.
 */
int state_file_read(const struct state_dir *dir, const char *name, size_t max, struct bytes *text,
	struct bytes *why);

/* Says that the content makes no sense. Returns STATE_FILE_REFUSED, or -ENOMEM. */
int state_file_refuse(const char *name, struct bytes *why);

/* Replaces the file, durably. Error: a negative errno. */
int state_file_write(struct state_dir *dir, const char *name, const void *data, size_t len);

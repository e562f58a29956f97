/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * When entries of the allowlist were used last, and how late it was then: allowlist-use.json, in
 * the state directory. Nothing is decided by the stamps: where they can't be read they are
 * forgotten, and where they can't be written they are tried again. Embedded: allowlist_use_init(),
 * allowlist_use_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "ledger/state-dir.h"

struct allowlist_stamp {
	char *id, *path;
	uint64_t at; /* ms since 1970 */
};

struct allowlist_use {
	struct allowlist_stamp *stamps; /* by id */
	size_t n, size;
	bool dirty;        /* there is something that isn't in the file */
	uint64_t write_at; /* µs of the boot clock: not before */
};

void allowlist_use_init(struct allowlist_use *use);
void allowlist_use_deinit(struct allowlist_use *use);

/*
 * Reads the file, if there is one. The clock is that of when it was written, where it is known.
 * What is wrong with it is appended to `why`. Error: -ENOMEM.
 */
int allowlist_use_load(struct allowlist_use *use, struct state_dir *dir,
	struct allow_clock *ret_clock, struct bytes *why);

/* Notes that an entry was used. Both strings are the stamp's on success. Error: -ENOMEM. */
int allowlist_use_add(struct allowlist_use *use, char **id, char **path, uint64_t at);

/* The stamp of an entry; `at` is 0 where there is none. */
struct allow_use allowlist_use_find(const struct allowlist_use *use, const char *id);

/*
 * Writes the file, whole, for the entries that are in the list; the others are forgotten. Errors:
 * a negative errno; the file is the one that was there, or whole.
 */
int allowlist_use_write(struct allowlist_use *use, struct state_dir *dir,
	const struct allowlist *list, const struct allow_clock *clock);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The time of each allowlist entry's last use, and the clock at the last write: allowlist-use.json
 * in the state directory. No decision depends on the stamps: if the file can't be written, the
 * write is tried again. Embedded: allowlist_use_init(), allowlist_use_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "ledger/state-dir.h"

#define ALLOWLIST_USE_FILE "allowlist-use.json"

struct allowlist_stamp {
	char *id, *path;
	uint64_t at; /* ms since 1970 */
};

struct allowlist_use {
	struct allowlist_stamp *stamps; /* sorted by id */
	size_t n, size;
	bool dirty;        /* the file is out of date */
	uint64_t write_at; /* µs of the boot clock: no write before */
};

void allowlist_use_init(struct allowlist_use *use);
void allowlist_use_deinit(struct allowlist_use *use);

/*
 * Reads the file if it exists. *ret_clock is the clock at the time of the write, if it is known. A
 * fault of the file is appended to `why`, and must be kept. Error: a negative errno, and the file
 * may be read later.
 */
int allowlist_use_load(struct allowlist_use *use, struct state_dir *dir,
	struct allow_clock *ret_clock, struct bytes *why);

/* Records a use of an entry. On success the stamp owns both strings. Error: -ENOMEM. */
int allowlist_use_add(struct allowlist_use *use, char **id, char **path, uint64_t at);

/* The stamp of an entry; `at` is 0 if there is none. */
struct allow_use allowlist_use_find(const struct allowlist_use *use, const char *id);

/*
 * Replaces the file with the stamps of the entries in `list`; other stamps are dropped. Errors: a
 * negative errno; the file is then the old one or the complete new one.
 */
int allowlist_use_write(struct allowlist_use *use, struct state_dir *dir,
	const struct allowlist *list, const struct allow_clock *clock);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The allowlist's file, allowlist.json in the state directory, under its lock. Embedded:
 * allowlist_file_init(); allowlist_file_refresh() before each turn; then, when all else of the turn
 * is on record, allowlist_file_change() for each change and allowlist_file_commit();
 * allowlist_file_keep() after the replies; allowlist_file_finish() when the daemon stops;
 * allowlist_file_deinit().
 *
 * An edit by hand is read at the next turn. A file that can't be read closes the daemon, and is
 * left unchanged. A write replaces the whole file, and is made from the text that was just read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/watched-file.h"
#include "gate/allowlist/allowlist.h"
#include "ledger/allowlist/allowlist-use.h"
#include "ledger/state-dir.h"

struct allowlist_file {
	struct state_dir *dir; /* NULL: no state directory, and so no allowlist */

	struct allowlist *list;    /* as in the file; NULL if it can't be read */
	struct allowlist *changed; /* as the next commit writes it; NULL: no change */
	struct watched_file watched;
	struct bytes fault; /* why it can't be read; "" if it can */
	struct bytes warning;

	struct allow_clock clock; /* decides which entries have expired */
	struct allowlist_use use;
	bool loaded_use;     /* as far as it can be read */
	bool use_is_foreign; /* the file is none of ours; it is kept when ours is written */
	uint64_t
		load_use_at; /* µs of the boot clock: after a passing error it is not read before */
	bool anchored;       /* a clock of this boot is on disk */
	uint64_t drop_at;    /* µs of the boot clock: expired entries are not removed before */
};

/* `dir` may be NULL. */
void allowlist_file_init(struct allowlist_file *file, struct state_dir *dir);
void allowlist_file_deinit(struct allowlist_file *file);

/* Reads the file if it has changed, and moves the clock on to `now`. */
void allowlist_file_refresh(struct allowlist_file *file, const struct moment *now);

/* Why no request may be decided; NULL: requests may be decided. */
const char *allowlist_file_closed(const struct allowlist_file *file);

/*
 * Applies a change to the list that the next commit writes. Returns 0 or a negative errno; then
 * nothing has changed.
 */
int allowlist_file_change(struct allowlist_file *file, const struct allow_change *change);

/* Drops the changes since the last commit. */
void allowlist_file_forget(struct allowlist_file *file);

/*
 * Writes the changed list; does nothing if there is no change. On failure the file is the old one,
 * or the complete new one, which a power cut may still undo. -EAGAIN: another process has written
 * the file since it was read; refresh, change and commit again.
 */
int allowlist_file_commit(struct allowlist_file *file);

/*
 * Work that can wait until the replies are sent: removes expired entries, and writes the stamps, at
 * most once a second. A failure becomes a warning, and the work is tried again.
 */
void allowlist_file_keep(struct allowlist_file *file, const struct moment *now);

/* When allowlist_file_keep() has stamps to write; CLOCK_NEVER: none. */
uint64_t allowlist_file_due(const struct allowlist_file *file);

/* Writes the remaining stamps, and the clock if an entry expires. */
void allowlist_file_finish(struct allowlist_file *file, const struct moment *now);

/* Moves a warning for the log into `b`; false: there is none. */
bool allowlist_file_take_warning(struct allowlist_file *file, struct bytes *b);

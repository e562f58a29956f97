/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The allowlist's file, allowlist.json in the state directory, under its lock.
 * Embedded: allowlist_file_init(); allowlist_file_refresh() before each turn; then, when all else
 * of the turn is on record, allowlist_file_change() for each change and allowlist_file_commit();
 * allowlist_file_keep() after the replies; allowlist_file_finish() when the daemon stops;
 * allowlist_file_deinit().
 *
 * Whoever edits it by hand is read at the next turn. What can't be read closes the daemon, and is
 * left as it is. What is written is whole, from what was just read.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "ledger/allowlist/allowlist-use.h"
#include "ledger/state-dir.h"

struct allowlist_file {
	struct state_dir *dir; /* NULL: there is none, and so no allowlist */

	struct allowlist *list;    /* as the file is; NULL where it can't be read */
	struct allowlist *changed; /* as it is to be; NULL where that is the same */
	struct stat seen;          /* all zeros where there is no file */
	bool retry;                /* it must be read anew, whatever stat(2) says */
	bool recent;               /* it was written so lately that it may be again so */
	struct bytes fault;        /* why it can't be read; "" */
	struct bytes warning;

	struct allow_clock clock; /* how late it is */
	struct allowlist_use use;
	bool loaded_use;
	bool anchored;    /* a clock of this boot is on disk */
	uint64_t drop_at; /* µs of the boot clock: what is over isn't cut out before */
};

/* `dir` may be NULL. */
void allowlist_file_init(struct allowlist_file *file, struct state_dir *dir);
void allowlist_file_deinit(struct allowlist_file *file);

/* Reads it where it has changed, and the time. */
void allowlist_file_refresh(struct allowlist_file *file, const struct moment *now);

/* Why nothing may be decided; NULL where nothing stands against it. */
const char *allowlist_file_closed(const struct allowlist_file *file);

/*
 * Carries out a change on what is to be written. Returns 0 or a negative errno: nothing happened
 * then.
 */
int allowlist_file_change(struct allowlist_file *file, const struct allow_change *change);

/* What was changed since the last commit isn't. */
void allowlist_file_forget(struct allowlist_file *file);

/*
 * Writes what has changed; nothing where nothing has. On failure the file is the one that was
 * there, or the new one, whole, which may not outlive a power cut. -EAGAIN: somebody else has
 * written it since it was read; refresh, change and commit once more.
 */
int allowlist_file_commit(struct allowlist_file *file);

/*
 * What needn't be done before the replies: what is over is cut out, and the stamps are written, at
 * most once a second. What fails is a warning, and tried again.
 */
void allowlist_file_keep(struct allowlist_file *file, const struct moment *now);

/* When allowlist_file_keep() has something to do; CLOCK_NEVER for never. */
uint64_t allowlist_file_due(const struct allowlist_file *file);

/* Writes what stamps are left. */
void allowlist_file_finish(struct allowlist_file *file, const struct moment *now);

/* Moves a sentence that somebody should read into `b`; false where there is none. */
bool allowlist_file_take_warning(struct allowlist_file *file, struct bytes *b);

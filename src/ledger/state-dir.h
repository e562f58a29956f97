/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The state directory: all files of the daemon are in it, under one lock. Call state_dir_new(),
 * then state_dir_lock() until it gives the lock or refuses; then the rest.
 *
 * A file's name needs a sync of its own. A daemon may have renamed a file and died before it synced
 * the directory, or such a sync may have failed since. Before an answer rests on such a file, the
 * directory must be synced: state_dir_rely_on() asks for that with the turn's record,
 * state_dir_sync() does it at once.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/file.h"

struct state_dir;

/*
 * Opens the directory `path`, and makes it if it is missing. It must belong to `owner` and be
 * closed to all others. If it can't be used, state_dir_fault() says why. Error: -ENOMEM.
 */
int state_dir_new(const char *path, uid_t owner, struct state_dir **ret);
void state_dir_free(struct state_dir *dir);
DEFINE_CLEANUP(struct state_dir *, state_dir_free)

enum state_dir_lock {
	STATE_DIR_LOCKED,
	STATE_DIR_BUSY,    /* another process holds the lock */
	STATE_DIR_REFUSED, /* see state_dir_fault() */
};

/* Tries to take the lock, without waiting. It is held until the directory is freed. */
enum state_dir_lock state_dir_lock(struct state_dir *dir);

bool state_dir_is_locked(const struct state_dir *dir);

/* Why the directory can't be used: its path and the reason. NULL: it can. */
const char *state_dir_fault(const struct state_dir *dir);

/* The descriptor for openat() and its like; -1 before the directory is locked. */
int state_dir_fd(const struct state_dir *dir);

/*
 * Checks that the path still leads to the directory, and that the lock is still in it. Returns 0; 1
 * if not, and state_dir_fault() says so; or a negative errno.
 */
int state_dir_look(struct state_dir *dir);

/* The path for messages: escaped. */
const char *state_dir_path(const struct state_dir *dir);

uid_t state_dir_owner(const struct state_dir *dir);

/* Records that names in the directory may not be durable. */
void state_dir_set_unsynced(struct state_dir *dir);

/*
 * Call it if an answer of this turn rests on a file in the directory: the store then syncs the
 * directory before it commits the turn, and the commit fails if the sync does.
 * state_dir_take_reliance() is for the store: whether state_dir_rely_on() was called since the last
 * commit.
 */
void state_dir_rely_on(struct state_dir *dir);
bool state_dir_take_reliance(struct state_dir *dir);

/*
 * Syncs the directory if names in it may not be durable. Error: a negative errno. After a failure,
 * a second sync would prove nothing, since the kernel may have dropped the data. So the same error
 * is returned until state_dir_clear_error(), which the store calls after it has replaced its file.
 */
int state_dir_sync(struct state_dir *dir);
int state_dir_error(const struct state_dir *dir);
void state_dir_clear_error(struct state_dir *dir);

/* file_replace_commit() for a file in this directory; notes whether its name is durable. */
int state_dir_replace(struct state_dir *dir, struct file_replace *file, bool *ret_renamed);

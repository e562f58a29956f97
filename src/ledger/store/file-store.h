/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The file store: file_store_new(), then file_store_lock() until it isn't busy any more or one
 * gives up, then file_store_load(); from there on it is a store like any other. Whatever was wrong
 * on the way makes it a closed store, which says why: only memory can make these functions fail.
 */

#include "gate/token/token.h"
#include "ledger/store/store.h"

/* Another process holds the state directory. */
#define FILE_STORE_BUSY 1

/* Opens the directory `path`, which is made where it is missing, and must be `owner`'s alone. */
int file_store_new(const char *path, uid_t owner, struct store **ret);

/* Tries to take the directory's lock, without waiting. Returns 0, FILE_STORE_BUSY, or -ENOMEM. */
int file_store_lock(struct store *store);

bool file_store_is_locked(const struct store *store);

/* Reads what is on record. A store that wasn't locked is closed instead. Error: -ENOMEM. */
int file_store_load(struct store *store, const struct moment *now);

/*
 * The directory, for what else is kept in it under the same lock: its descriptor, -1 until it is
 * locked; its path, escaped, for messages; and whose it is.
 */
int file_store_directory(const struct store *store);
const char *file_store_path(const struct store *store);
uid_t file_store_owner(const struct store *store);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A directory on a disk that may lose power at any moment. The caller says what a program did with
 * its files; disk_states() gives every state in which a power cut may leave the directory.
 *
 * All synced data is there. Each combination of these choices for the rest is a state:
 *
 *  - any subset of the changes of the directory (creations, renames, removals), in their order;
 *  - for each file, which of the written sectors reached the disk: any subset of them, where a
 *    missing sector has its old content, or zeros; or all bytes up to any offset, and no more;
 *  - for each file, its length: as it was when last synced, or after any of the changes since.
 *
 * A sector is 512 bytes; a larger sector, which is there or not as a whole, is among the subsets.
 * All subsets are tried up to DISK_SECTORS_MAX sectors; of more sectors, the subsets with one
 * sector alone, those without one sector, every beginning and every end.
 *
 * Names are those of files in the directory. Running out of memory ends the process.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

#define DISK_SECTOR 512
#define DISK_SECTORS_MAX 10

struct disk;

struct disk *disk_new(void);
void disk_free(struct disk *disk);
DEFINE_CLEANUP(struct disk *, disk_free)

/* Adds a file that exists, with this content, from the start. */
void disk_begin_with(struct disk *disk, const char *name, const char *data, size_t len);

/*
 * The program's calls, in their order. False: there is no file of that name. Creating a file that
 * exists does nothing.
 */
void disk_create(struct disk *disk, const char *name);
bool disk_append(struct disk *disk, const char *name, const char *data, size_t len);
bool disk_write(struct disk *disk, const char *name, size_t offset, const char *data, size_t len);
bool disk_truncate(struct disk *disk, const char *name, size_t len);
bool disk_sync(struct disk *disk, const char *name);
bool disk_rename(struct disk *disk, const char *from, const char *to);
bool disk_remove(struct disk *disk, const char *name);
void disk_sync_directory(struct disk *disk);

/* A file after a power cut; `data` is NULL if the file is missing. */
struct disk_file {
	const char *name;
	const char *data;
	size_t len;
};

/* Gets all files that ever existed. The data is valid only during the call. */
typedef void (*disk_state_fn)(const struct disk_file *files, size_t n, void *userdata);

/*
 * Calls `fn` for each state, and returns their number; a state that has several causes may be given
 * several times. Only the file `name` is tried with all its contents, each combined with all states
 * of the directory, and with lengths in steps of `step` bytes. Another file is as synced, as
 * written last, cut in the middle of the added part, or with its second half as synced.
 */
size_t disk_states(
	const struct disk *disk, const char *name, size_t step, disk_state_fn fn, void *userdata);

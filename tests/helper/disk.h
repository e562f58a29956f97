/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A directory on a disk that may lose power at any moment. It is told what a program did with its
 * files, and then tells every state in which the directory may be found after a power cut.
 *
 * What was synced is there. Of what was not, a state is made by choosing, each freely:
 *
 *  - any subset of the changes of the directory (creations, renames, removals), in their order;
 *  - for each file, which of the sectors that were written got there: any subset of them, where one
 *    that did not holds what it held before, or zeros; or every byte up to any one, and nothing
 *    behind it;
 *  - for each file, its length: as it was when last synced, or after any of the changes since.
 *
 * A sector is 512 bytes: larger ones that are there or not as a whole are among the subsets. The
 * subsets are all of them up to DISK_SECTORS_MAX sectors; of more, they are the ones where one
 * sector alone is there, or one alone is not, and every beginning and every end.
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

/* A file that is there, with this content, from the start. */
void disk_begin_with(struct disk *disk, const char *name, const char *data, size_t len);

/*
 * What was done, in its order. False where there is no file of that name; creating one that is
 * there does nothing.
 */
void disk_create(struct disk *disk, const char *name);
bool disk_append(struct disk *disk, const char *name, const char *data, size_t len);
bool disk_write(struct disk *disk, const char *name, size_t offset, const char *data, size_t len);
bool disk_truncate(struct disk *disk, const char *name, size_t len);
bool disk_sync(struct disk *disk, const char *name);
bool disk_rename(struct disk *disk, const char *from, const char *to);
bool disk_remove(struct disk *disk, const char *name);
void disk_sync_directory(struct disk *disk);

/* A file as it may be found; `data` is NULL for one that is not there. */
struct disk_file {
	const char *name;
	const char *data;
	size_t len;
};

/* All the files that there ever were. Nothing of it is valid after the call. */
typedef void (*disk_state_fn)(const struct disk_file *files, size_t n, void *userdata);

/*
 * Calls `fn` for each state, and returns their number; one that comes about in several ways may be
 * among them several times. Only of `name` all contents are tried in all their combinations with
 * the directory's, and its lengths in steps of so many bytes; another file is as synced, as written
 * last, or cut in the middle of what was added, or the second half of it is as synced.
 */
size_t disk_states(
	const struct disk *disk, const char *name, size_t step, disk_state_fn fn, void *userdata);

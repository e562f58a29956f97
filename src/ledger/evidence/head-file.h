/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * How far the record of evidence is known to be whole: a small file of its own in the state
 * directory, evidence.head, which is overwritten in place after every turn.
 *
 * It has two slots of HEAD_FILE_SLOT bytes, a line of JSON each, with blanks at its end. They are
 * written in turns, so that one of them is whole whatever happens while the other is written; each
 * has the beginning of the SHA-256 of what stands before it on its line. A turn's mark is not
 * synced by itself: the log is, and a mark that is older than the log's end costs no more than
 * reading on from there. What a mark says was synced before it was written, so that none is ever
 * ahead of the log.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ledger/evidence/chain.h"
#include "ledger/state-dir.h"

#define HEAD_FILE_NAME "evidence.head"
#define HEAD_FILE_SLOT 512

/*
 * What is on record for good: the log's size, and its last record. `noted` is the first record of
 * the last turn of which the store has a note (see ledger/evidence/recovery-note): a store that
 * knows of none, or of an earlier one, is an older one. 0: at the end of a daemon no note is kept.
 */
struct log_position {
	uint64_t size;
	struct chain_head head;
	uint64_t noted;
};

struct head_file {
	int fd;             /* -1: not open */
	unsigned int slot;  /* that is written next */
	uint64_t synced_at; /* the size of the log when this was synced last */
};

#define HEAD_FILE_INIT   \
	{                \
		.fd = -1 \
	}

void head_file_deinit(struct head_file *file);

/* The file can't be taken. */
#define HEAD_FILE_REFUSED 1

/*
 * Opens the file and reads the newer mark. Returns 0; -ENOENT where there is none;
 * HEAD_FILE_REFUSED with why appended; or another negative errno.
 */
int head_file_open(struct head_file *file, const struct state_dir *dir, struct log_position *ret,
	struct bytes *why);

/* Makes the file, with a mark that knows of nothing, for good. */
int head_file_create(struct head_file *file, struct state_dir *dir);

/* Syncs as well now and then, so that reading on from a mark never takes long. */
int head_file_write(struct head_file *file, const struct log_position *mark);
int head_file_sync(struct head_file *file);

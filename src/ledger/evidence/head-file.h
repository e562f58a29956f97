/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The mark: how far the log of evidence is known to be whole. It is a small file in the state
 * directory, evidence.head, which is overwritten in place after every turn.
 *
 * It has two slots of HEAD_FILE_SLOT bytes, each a line of JSON that is padded with blanks. A slot
 * ends with a check: the beginning of the SHA-256 of the text before it. The slots are written in
 * turns, so one of them is always whole. A mark is not synced after each turn, but the log is: if
 * the mark is older than the log's end, the log is read on from the mark. All that a mark says was
 * synced before the mark was written, so no mark is ever ahead of the log.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/file.h"
#include "ledger/evidence/chain.h"
#include "ledger/state-dir.h"

#define HEAD_FILE_NAME "evidence.head"
#define HEAD_FILE_SLOT 512

/*
 * The durable part of the log: its size and its last record. `noted` is the first record of the
 * last turn that left a note in the store (see ledger/evidence/recovery-note). A store with an
 * earlier note or none is an older one. 0: the daemon has stopped, after which the store keeps no
 * note.
 */
struct log_position {
	uint64_t size;
	struct chain_head head;
	uint64_t noted;
};

struct head_file {
	int fd;                /* -1: not open */
	unsigned int slot;     /* the one to write next */
	uint64_t synced_at;    /* the log's size when this file was last synced */
	struct file_seen seen; /* as our last write left it */
};

#define HEAD_FILE_INIT   \
	{                \
		.fd = -1 \
	}

void head_file_deinit(struct head_file *file);

/* The file is refused. */
enum { HEAD_FILE_REFUSED = 1 };

/*
 * Opens the file and reads the newer mark. Returns 0; -ENOENT if there is no file;
 * HEAD_FILE_REFUSED with the reason appended to `why`; or another negative errno.
 */
int head_file_open(struct head_file *file, const struct state_dir *dir, struct log_position *ret,
	struct bytes *why);

/* Creates the file with an empty mark, durably. Error: a negative errno. */
int head_file_create(struct head_file *file, struct state_dir *dir);

/* Writes a mark, and sometimes syncs it, so that reading on from a mark never takes long. */
int head_file_write(struct head_file *file, const struct log_position *mark);
int head_file_sync(struct head_file *file);

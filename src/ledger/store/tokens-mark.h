/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The mark of the file of tokens: a small file, tokens.mark, that holds the header of the last
 * batch (ledger/store/journal). It is overwritten in place after each batch and never synced, so it
 * costs no wait for the disk. A killed daemon's last write is kept by the kernel, so a file of
 * tokens that ends before the mark is an older one, and the store is closed.
 *
 * A batch is synced before its mark is written, so the mark is never ahead of the file that it
 * belongs to. After a power cut the mark may be older than the file, torn or missing: it then says
 * less, or nothing, and the daemon writes it again.
 */

#include "ledger/state-dir.h"
#include "ledger/store/journal.h"

#define TOKENS_MARK_NAME "tokens.mark"

struct tokens_mark {
	int fd;                   /* -1: not open */
	struct journal_mark last; /* as written */
};

#define TOKENS_MARK_INIT \
	{                \
		.fd = -1 \
	}

void tokens_mark_deinit(struct tokens_mark *mark);

/*
 * Opens the file and reads it. `last.batch` is 0 if the file is missing or says nothing. Returns 0,
 * a positive file_fault, or a negative errno.
 */
int tokens_mark_open(struct tokens_mark *mark, const struct state_dir *dir);

/* Writes the header of the last batch; makes the file if it is missing. Error: a negative errno. */
int tokens_mark_write(
	struct tokens_mark *mark, const struct state_dir *dir, const struct journal_mark *last);

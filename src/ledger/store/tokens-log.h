/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The file tokens.jsonl of the state directory, as it stands on the disk: loaded once, then
 * appended to by batches, and rewritten now and then. Nothing here may be called without the
 * directory's lock. Embedded: tokens_log_init(), then tokens_log_load(), then the rest.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/file.h"
#include "ledger/state-dir.h"
#include "ledger/store/token-table.h"
#include "ledger/store/tokens-mark.h"

#define TOKENS_LOG_NAME "tokens.jsonl"

struct tokens_log {
	struct state_dir *dir;
	bool fresh; /* the directory may be new, so its own name may not be durable */

	int fd; /* for appending; -1: no appending */
	uint64_t size;
	struct file_seen seen;    /* as our last write left it */
	struct journal_mark last; /* batch */
	struct tokens_mark mark;  /* of it, or of an earlier one */
	bool grown;               /* by a batch, since the file was last rewritten */
	uint64_t records;         /* lines that it was last rewritten with */
	uint64_t compact_after;   /* a file up to this size is not rewritten */
};

void tokens_log_init(struct tokens_log *log, struct state_dir *dir);

void tokens_log_deinit(struct tokens_log *log);

/* Ends appending: `fd` is -1. */
void tokens_log_close(struct tokens_log *log);

enum {
	TOKENS_LOG_NONE = 1, /* there is no such file */
	TOKENS_LOG_REFUSED,  /* it is damaged, of another kind, or older than its mark: see `why` */
};

/*
 * Reads the file into an empty table and note, and cuts off a torn end, on which no reply that was
 * sent depends. *ret_torn is its length in bytes. Returns 0, one of the above, or a negative errno.
 */
int tokens_log_load(struct tokens_log *log, struct token_table *table, struct bytes *note,
	uint64_t *ret_torn, struct bytes *why);

/*
 * Puts a whole new file in the old one's place. On failure (a negative errno) the old one is still
 * there and may be appended to; but if the new one was renamed already, `fd` is -1.
 */
int tokens_log_rewrite(
	struct tokens_log *log, const struct token_table *table, const struct bytes *note);

/*
 * Appends a batch and syncs it: the note, unless it is empty, and lines. After a failure (a
 * negative errno) the file may be neither appended to nor trusted.
 */
int tokens_log_append(struct tokens_log *log, const struct bytes *note, const struct bytes *lines);

/* Whether rewriting the file would make it much smaller. */
bool tokens_log_is_mostly_superseded(const struct tokens_log *log, const struct token_table *table);

/*
 * Whether the file holds one line for each token and the note, as when it was rewritten, and has
 * its mark.
 */
bool tokens_log_is_at_rest(
	const struct tokens_log *log, const struct token_table *table, const struct bytes *note);

/* Whether another process has touched the file. Returns 0, enum file_fault, or a negative errno. */
int tokens_log_look(struct tokens_log *log);

/* Whether the name leads to another file than the one that was written last. */
bool tokens_log_is_replaced(const struct tokens_log *log);

/* Renames whatever has the file's name to another one, with *ret_number. See file_keep_aside(). */
int tokens_log_keep_aside(struct tokens_log *log, unsigned int *ret_number);

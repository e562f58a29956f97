/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The internals of the log of evidence: ledger/evidence/evidence-open opens it,
 * ledger/evidence/evidence writes it, and ledger/evidence/evidence-rotate rotates it.
 */

#include "base/file.h"
#include "base/retry.h"
#include "ledger/evidence/evidence.h"
#include "ledger/evidence/head-file.h"
#include "ledger/evidence/log-check.h"
#include "ledger/evidence/open-runs.h"

struct evidence {
	char *path;
	struct state_dir *state_dir; /* or NULL */
	struct bytes shown;          /* the path, escaped */
	uid_t owner;
	gid_t readers;            /* or FILE_NO_GROUP */
	struct evidence_key *key; /* signs the next record; or NULL */

	/*
	 * A change of the key: until a log that is signed in the old way is found, `old_key` may be
	 * in use (`changes`). Then that is `key` until its segment is closed, and `next_key` waits.
	 */
	bool changes, changing;
	struct evidence_key *old_key, *next_key;

	/*
	 * A lost key. `may_be_lost`: a log that is signed in another way is accepted. `leaving`:
	 * the log that was checked last is such a log, and its segment ends without a last record.
	 * `lost`: the next segment must begin with a record that says so.
	 */
	bool may_be_lost, leaving, lost;

	int fd;                /* open exactly while the log may be appended to; else -1 */
	struct file_seen seen; /* the log as our last write left it */
	struct head_file head_file;
	struct log_position mark; /* end of the committed records */
	struct log_position next; /* the same, with `batch` */
	struct bytes batch;
	struct open_runs runs;
	uint64_t segment; /* the last record of the segment that this daemon closed last */
	uint64_t max_size, rotate_at; /* 0: no limit; the size at which it is rotated next */

	struct bytes closed; /* the reason; empty: open */
	bool for_store;      /* closed until the store can be read */
	struct retry retry;  /* closed for another reason that may pass */
	struct bytes warning;
};

/* Closes the log for good or, with `waiting`, until evidence_prepare() tries again. */
void evidence_close_for(struct evidence *e, bool waiting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a sentence for evidence_take_warning(). */
void evidence_warn(struct evidence *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Drops the turn's records. */
void evidence_drop(struct evidence *e);

/*
 * Opens the log or a segment, and lets the group of readers read it. Returns 0, a negative errno,
 * or a file_fault. The reason is appended, such as "is a symbolic link", unless the errno is all of
 * it.
 */
int evidence_open_file(
	struct evidence *e, const char *path, int flags, int *ret_fd, struct bytes *why);

/*
 * As log_check(), from the mark on. If the log is signed in the old way, and the key may change,
 * the change begins: its last records are signed in the old way, too.
 */
int evidence_check(struct evidence *e, int fd, struct log_end *ret, struct bytes *why);

/*
 * Ends the segment whose key is lost, without a last record, and begins an empty log with its mark.
 * Call it after recovery of the log. Error: a negative errno.
 */
int evidence_leave_lost(struct evidence *e);

/* Call it when the segment with the old key is closed: the next record is signed in the new way. */
void evidence_take_next_key(struct evidence *e);

/* Syncs the directory in which the log is. */
int evidence_sync_name(const struct evidence *e);

/*
 * Call it before the log is opened. If a rotation was cut short, takes it back, or puts the mark at
 * the beginning of a new log, which may be missing; *ret_begin is true then. `marked`: whether a
 * mark was read. Returns 0, LOG_REFUSED with the reason appended, or a negative errno.
 */
int evidence_resume(struct evidence *e, bool marked, bool *ret_begin, struct bytes *why);

/* Adds the first record of a log that goes on with the chain of a closed segment. */
int evidence_add_continues(struct evidence *e, const struct moment *now);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The internals of the log of evidence: ledger/evidence/evidence-open opens it, and
 * ledger/evidence/evidence writes it.
 */

#include "base/file.h"
#include "base/retry.h"
#include "ledger/evidence/evidence.h"
#include "ledger/evidence/head-file.h"
#include "ledger/evidence/open-runs.h"

struct evidence {
	char *path;
	struct state_dir *state_dir; /* or NULL */
	struct bytes shown;          /* the path, escaped */
	uid_t owner;
	struct evidence_key *key;

	int fd;                /* open exactly while the log may be appended to; else -1 */
	struct file_seen seen; /* the log as our last write left it */
	struct head_file head_file;
	struct log_position mark; /* end of the committed records */
	struct log_position next; /* the same, with `batch` */
	struct bytes batch;
	struct open_runs runs;

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

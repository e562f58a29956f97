/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A file of JSON lines that grows by batches, and is rewritten now and then. The journal knows
 * nothing of the lines' meaning.
 *
 *	{"format":"firma.tokens","version":2,"records":2,"check":"…"}
 *	{"batch":8,"bytes":1033,"sha256":"…","check":"…"}
 *	(lines, `bytes` long in all)
 *	{"batch":9,"bytes":71,"sha256":"…","check":"…"}
 *	(lines)
 *
 * `sha256` is of the batch's lines. `check` is the beginning of the SHA-256 of the text before it
 * on its own line, so that a damaged header is never taken for a shorter or longer batch. `records`
 * counts the lines that the file was rewritten with. These were synced before the file got its
 * name, so a crash can't lose any of them. Of the appended batches, a crash can damage only the
 * last one. A batch at the end of the file is torn if it ends too early, or if whole sectors of it
 * were never written and read as zeros; no answer rests on it. Any other fault is damage.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/file.h"
#include "ledger/store/journal-line.h"

enum journal_fault {
	JOURNAL_DAMAGED = 1,  /* the file is refused; the reason names the line and the fault */
	JOURNAL_LINE_REFUSED, /* the caller refused a line, and has appended the reason */
};

/* Takes a line of a verified batch. Returns 0, JOURNAL_LINE_REFUSED, or a negative errno. */
typedef int (*journal_line_fn)(const char *line, size_t len, struct bytes *why, void *userdata);

struct journal_end {
	struct journal_mark last; /* the last good batch */
	bool older;               /* than the known batch, see journal_load() */
	uint64_t size;            /* of the file up to its end */
	uint64_t torn;            /* bytes after that, of a batch that was never acknowledged */
	bool grown;               /* since the file was rewritten */
	uint64_t records;         /* lines that the file was rewritten with */
	bool old;                 /* written in an older version of the format */
};

/*
 * Reads a journal from the beginning, with no more than one batch in memory at a time. Returns 0,
 * JOURNAL_DAMAGED with the reason appended to `why`, or a negative errno.
 *
 * `known` is a batch that was synced. A journal is older if it ends before that batch, or has
 * another one of that number. One that begins after it was rewritten since. One without a batch has
 * no lines, and is not called older.
 */
int journal_load(int fd, const char *format, const struct journal_mark *known, journal_line_fn fn,
	void *userdata, struct journal_end *ret, struct bytes *why);

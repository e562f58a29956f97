/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A file of JSON lines that grows by batches and is now and then written anew. It knows nothing of
 * what the lines say.
 *
 *	{"format":"firma.tokens","version":2,"records":2,"check":"…"}
 *	{"batch":8,"bytes":1033,"sha256":"…","check":"…"}
 *	(lines, `bytes` long in all)
 *	{"batch":9,"bytes":71,"sha256":"…","check":"…"}
 *	(lines)
 *
 * `sha256` is of the batch's lines; `check` is the beginning of the SHA-256 of what stands before
 * it on its own line, so that a damaged header is never mistaken for a shorter or longer batch.
 * `records` counts the lines that the file was written anew with: those were synced before the
 * file got its name, so nothing of them can be missing after a crash. Of what was appended, only
 * the last batch can be: a batch that ends too early, or of which whole sectors were never written
 * and read as zeros, at the end of the file, is a torn one. No answer rests on it. Everything else
 * that is not as it must be is damage.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/file.h"

/* What one turn can change fits well into this: 256 requests of 64 KiB. */
#define JOURNAL_BATCH_MAX ((size_t)32 << 20)

/* The file can't be taken; the reason names the line and the fault. */
#define JOURNAL_DAMAGED 1

/* A line that the caller couldn't take; it has appended why. */
#define JOURNAL_LINE_REFUSED 1

/* A line of a batch that has been verified. 0, JOURNAL_LINE_REFUSED, or a negative errno. */
typedef int (*journal_line_fn)(const char *line, size_t len, struct bytes *why, void *userdata);

struct journal_end {
	uint64_t batch;   /* number of the last good batch, 0 where there is none */
	uint64_t size;    /* of the file up to its end */
	uint64_t torn;    /* bytes after that, of a batch that was never acknowledged */
	bool grown;       /* since it was written anew */
	uint64_t records; /* lines that it was written anew with */
	bool old;         /* it is of a version before the one that is written */
};

/*
 * Reads a journal from the beginning in constant memory but for one batch at a time. Returns 0,
 * JOURNAL_DAMAGED with the reason appended to `why`, or a negative errno.
 */
int journal_load(int fd, const char *format, journal_line_fn fn, void *userdata,
	struct journal_end *ret, struct bytes *why);

/* Appends the header of a journal that begins with `records` lines. */
int journal_print_header(const char *format, uint64_t records, struct bytes *b);

/*
 * Appends a batch made of `lines`, each of which ends with a newline. -EMSGSIZE where they are more
 * than would be read again.
 */
int journal_print_batch(uint64_t number, const struct bytes *lines, struct bytes *b);

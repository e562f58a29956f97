/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The journal's own lines (ledger/store/journal has the format): the header of the file, and of
 * each batch. The check in a header keeps a damaged header from being taken for another one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/sha256.h"

/* The longest header line. */
#define JOURNAL_HEADER_MAX 512

/* The largest batch. The changes of one turn are smaller: 256 requests of 64 KiB. */
#define JOURNAL_BATCH_MAX ((size_t)32 << 20)

/* The beginning of a batch's header. No token line contains it, since quotes are escaped there. */
#define JOURNAL_BATCH_BEGIN "{\"batch\":"
#define JOURNAL_BATCH_BEGIN_LEN (sizeof(JOURNAL_BATCH_BEGIN) - 1)

#define JOURNAL_HASH_LEN (2 * (size_t)SHA256_LEN)

/* Appends the header of a journal that begins with `records` lines. */
int journal_print_header(const char *format, uint64_t records, struct bytes *b);

/*
 * Appends a batch made of `lines`, each of which ends with a newline. -EMSGSIZE if the batch is
 * larger than journal_load() accepts.
 */
int journal_print_batch(uint64_t number, const struct bytes *lines, struct bytes *b);

/* The line is not such a header, or its check does not fit. */
enum { JOURNAL_LINE_DAMAGED = 1 };

struct journal_header {
	uint64_t version, records;
};

/*
 * Reads a header line, without its newline. Returns 0, JOURNAL_LINE_DAMAGED with the reason
 * appended to `why`, or a negative errno.
 */
int journal_parse_header(const char *line, size_t len, const char *format,
	struct journal_header *ret, struct bytes *why);

/* Whether files of this version have lines that are written otherwise today. */
bool journal_is_old(uint64_t version);

struct journal_batch {
	uint64_t number;
	size_t header_len; /* with its newline */
	size_t bytes;
	char sha256[JOURNAL_HASH_LEN + 1];
};

/* The same for a batch's header, without a reason. */
int journal_parse_batch(const char *line, size_t len, struct journal_batch *ret);

/* The longest header of a batch, with a zero byte: two numbers, a hash and a check. */
#define JOURNAL_MARK_MAX 192

/* Identifies a batch: its number, and its header without the newline. 0 and "": none. */
struct journal_mark {
	uint64_t batch;
	char header[JOURNAL_MARK_MAX];
};

/* The mark of a batch, which `text` begins with. */
void journal_mark_of(uint64_t number, const char *text, struct journal_mark *ret);

/* Returns 0, JOURNAL_LINE_DAMAGED if the text is not a whole header, or a negative errno. */
int journal_mark_parse(const char *header, size_t len, struct journal_mark *ret);

/* The hash of a batch's lines, as its header has it. */
void journal_hash(const char *lines, size_t len, char ret[static JOURNAL_HASH_LEN + 1]);

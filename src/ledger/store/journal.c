/* SPDX-License-Identifier: ISC */

/*
 * Reads with a small state machine over a buffered descriptor: header, then batches until the end.
 * read_batch() and judge_header() decide whether a bad batch is torn or damaged. A torn batch among
 * the first `records` lines is damage as well.
 */

#include "ledger/store/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ledger/store/journal-line.h"

#define READ_SIZE ((size_t)128 * 1024)

/* The unit that a disk writes whole or not at all. */
#define SECTOR 512

struct reader {
	int fd;
	struct bytes buffer;
	size_t start;    /* buffered bytes before it were taken */
	bool at_end;     /* nothing follows the buffer in the file */
	uint64_t offset; /* of `start` in the file */
	uint64_t line;   /* number of the line at `start`, from 1 */
	struct bytes *why;
};

static int __attribute__((format(printf, 2, 3))) damaged(struct reader *r, const char *format, ...)
{
	va_list ap;
	int e;

	bytes_appendf(r->why, "line %" PRIu64 ": ", r->line);
	va_start(ap, format);
	e = bytes_vappendf(r->why, format, ap);
	va_end(ap);
	return e < 0 ? e : JOURNAL_DAMAGED;
}

/* The bytes that were read and not taken yet. */
static const char *held(const struct reader *r)
{
	return bytes_str(&r->buffer) + r->start;
}

static size_t n_held(const struct reader *r)
{
	return r->buffer.len - r->start;
}

/* Reads until `wanted` bytes are held or the file ends. */
static int fill(struct reader *r, size_t wanted)
{
	ssize_t n;
	char *end;
	int e;

	if (n_held(r) >= wanted || r->at_end)
		return 0;

	bytes_consume(&r->buffer, r->start);
	r->start = 0;

	while (n_held(r) < wanted && !r->at_end) {
		e = bytes_reserve(&r->buffer, READ_SIZE, &end);
		if (e < 0)
			return e;

		n = read(r->fd, end, READ_SIZE);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			r->at_end = true;
		bytes_grew(&r->buffer, (size_t)n);
	}
	return 0;
}

static void take(struct reader *r, size_t n)
{
	for (const char *at = held(r), *end = at + n; at < end; r->line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			break;
		at++;
	}
	r->offset += n;
	r->start += n;
}

/* The length of the line at the buffer's start, without its newline; -1: none within `max`. */
static ssize_t line_length(const struct reader *r, size_t max)
{
	size_t n = n_held(r) < max ? n_held(r) : max;
	const char *newline = n > 0 ? memchr(held(r), '\n', n) : NULL;

	return newline ? newline - held(r) : -1;
}

static int read_header(struct reader *r, const char *format, struct journal_end *ret)
{
	struct journal_header header;
	size_t mark = r->why->len;
	ssize_t len;
	int e;

	e = fill(r, JOURNAL_HEADER_MAX);
	if (e < 0)
		return e;
	if (n_held(r) == 0)
		return damaged(r, "the file is empty");

	len = line_length(r, JOURNAL_HEADER_MAX);
	if (len < 0)
		return damaged(r, "this is not a file of format %s", format);

	bytes_appendf(r->why, "line %" PRIu64 ": ", r->line);
	e = journal_parse_header(held(r), (size_t)len, format, &header, r->why);
	if (e != 0)
		return e < 0 ? e : JOURNAL_DAMAGED;

	bytes_truncate(r->why, mark);
	ret->records = header.records;
	ret->old = journal_is_old(header.version);
	take(r, (size_t)len + 1);
	return 0;
}

/* The verdict on a batch. */
enum judgement { BATCH_GOOD, BATCH_TORN, BATCH_DAMAGED };

/*
 * Whether whole sectors in the buffer's first `len` bytes were never written. Such a run of zeros
 * begins at the batch's beginning or at a sector's, and ends at the file's end or at a sector's.
 * Our lines hold no zero byte.
 */
static bool has_unwritten_sectors(const struct reader *r, size_t len)
{
	const char *data = held(r), *zero;
	size_t start, end;

	for (start = 0; start < len; start = end + 1) {
		zero = memchr(data + start, '\0', len - start);
		if (!zero)
			return false;

		start = (size_t)(zero - data);
		for (end = start; end < len && data[end] == '\0'; end++)
			;

		if ((start == 0 || (r->offset + start) % SECTOR == 0)
			&& (end == n_held(r) || (r->offset + end) % SECTOR == 0))
			return true;
	}
	return false;
}

/*
 * Whether a good batch header stands anywhere in the rest of the file, which is read for this. The
 * search is not limited to the beginnings of lines: the newline before a header may be lost. A rest
 * that is longer than any one batch counts as having a header.
 */
static int find_batch(struct reader *r, bool *ret)
{
	const char *at, *end, *newline;
	struct journal_batch batch;
	size_t left;
	int e;

	e = fill(r, JOURNAL_HEADER_MAX + JOURNAL_BATCH_MAX);
	if (e < 0)
		return e;

	*ret = !r->at_end;
	at = held(r);
	end = at + n_held(r);
	for (; !*ret
		&& (at = memmem(
			    at, (size_t)(end - at), JOURNAL_BATCH_BEGIN, JOURNAL_BATCH_BEGIN_LEN));
		at++) {
		left = (size_t)(end - at);
		newline = memchr(at, '\n', left < JOURNAL_HEADER_MAX ? left : JOURNAL_HEADER_MAX);
		if (!newline)
			continue;
		e = journal_parse_batch(at, (size_t)(newline - at), &batch);
		if (e < 0)
			return e;
		*ret = e == 0;
	}
	return 0;
}

/* Whether the buffer holds the beginning of a header, as far as the buffer goes. */
static bool begins_like_header(const struct reader *r)
{
	size_t n = n_held(r) < JOURNAL_BATCH_BEGIN_LEN ? n_held(r) : JOURNAL_BATCH_BEGIN_LEN;

	return memcmp(held(r), JOURNAL_BATCH_BEGIN, n) == 0;
}

/* Judges a batch whose header is not good. */
static int judge_header(struct reader *r, ssize_t len, enum judgement *ret)
{
	bool followed;
	int e;

	if (len < 0 && r->at_end && n_held(r) < JOURNAL_HEADER_MAX && begins_like_header(r)
		&& !memchr(held(r), '\0', n_held(r))) {
		*ret = BATCH_TORN;
		return 0;
	}

	e = find_batch(r, &followed);
	if (e < 0)
		return e;

	*ret = !followed && has_unwritten_sectors(r, n_held(r)) ? BATCH_TORN : BATCH_DAMAGED;
	return 0;
}

/* Reads and judges the batch at the buffer's start; a good batch is then whole in the buffer. */
static int read_batch(struct reader *r, struct journal_batch *batch, enum judgement *ret)
{
	char hash[JOURNAL_HASH_LEN + 1];
	ssize_t len;
	size_t end;
	int e;

	len = line_length(r, JOURNAL_HEADER_MAX);
	e = len < 0 ? JOURNAL_DAMAGED : journal_parse_batch(held(r), (size_t)len, batch);
	if (e < 0)
		return e;
	if (e != 0)
		return judge_header(r, len, ret);

	end = batch->header_len + batch->bytes;
	e = fill(r, end + 1);
	if (e < 0)
		return e;
	if (n_held(r) < end) {
		*ret = BATCH_TORN;
		return 0;
	}

	journal_hash(held(r) + batch->header_len, batch->bytes, hash);
	if (memcmp(hash, batch->sha256, sizeof(hash)) == 0)
		*ret = BATCH_GOOD;
	else
		*ret = n_held(r) == end && has_unwritten_sectors(r, end) ? BATCH_TORN
									 : BATCH_DAMAGED;
	return 0;
}

/* Hands the lines of a good batch to the caller, and counts them. */
static int show_lines(struct reader *r, const struct journal_batch *batch, journal_line_fn fn,
	void *userdata, uint64_t *lines)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	const char *at, *end, *newline;
	int e;

	take(r, batch->header_len);
	at = held(r);
	end = at + batch->bytes;
	for (; at < end; at = newline + 1, r->line++, ++*lines) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			return damaged(r, "a batch doesn't end with its line");

		e = fn(at, (size_t)(newline - at), &fault, userdata);
		if (e != 0)
			return e < 0 ? e : damaged(r, "%s", bytes_str(&fault));
	}

	r->offset += batch->bytes;
	r->start += batch->bytes;
	return 0;
}

static int load(struct reader *r, const char *format, const struct journal_mark *known,
	journal_line_fn fn, void *userdata, struct journal_end *end)
{
	uint64_t lines = 0;
	enum judgement judgement = BATCH_DAMAGED;
	struct journal_batch batch = { 0 };
	int e;

	e = read_header(r, format, end);
	if (e != 0)
		return e;

	for (;;) {
		e = fill(r, JOURNAL_HEADER_MAX);
		if (e < 0)
			return e;

		end->size = r->offset;
		if (n_held(r) == 0)
			break;

		e = read_batch(r, &batch, &judgement);
		if (e < 0)
			return e;
		if (judgement == BATCH_TORN && lines >= end->records) {
			end->torn = n_held(r);
			return 0;
		}
		if (judgement != BATCH_GOOD)
			return damaged(r, "this batch is damaged");
		if (end->last.batch != 0 && batch.number != end->last.batch + 1)
			return damaged(r, "batch %" PRIu64 " where %" PRIu64 " belongs",
				batch.number, end->last.batch + 1);

		journal_mark_of(batch.number, held(r), &end->last);
		if (batch.number == known->batch)
			end->older = strcmp(end->last.header, known->header) != 0;
		end->grown = lines >= end->records;
		e = show_lines(r, &batch, fn, userdata, &lines);
		if (e != 0)
			return e;
	}

	if (lines < end->records)
		return damaged(r, "%" PRIu64 " of %" PRIu64 " records %s missing",
			end->records - lines, end->records,
			end->records - lines == 1 ? "is" : "are");
	return 0;
}

int journal_load(int fd, const char *format, const struct journal_mark *known, journal_line_fn fn,
	void *userdata, struct journal_end *ret, struct bytes *why)
{
	struct reader r = {
		.fd = fd,
		.buffer = BYTES_INIT(JOURNAL_HEADER_MAX + JOURNAL_BATCH_MAX + 1 + READ_SIZE),
		.line = 1,
		.why = why,
	};
	struct journal_end end = { 0 };
	int e;

	e = load(&r, format, known, fn, userdata, &end);
	if (end.last.batch != 0 && end.last.batch < known->batch)
		end.older = true;
	if (e == 0)
		*ret = end;
	bytes_deinit(&r.buffer);
	return e;
}

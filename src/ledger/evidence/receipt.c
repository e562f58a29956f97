/* SPDX-License-Identifier: ISC */

/* Finds a record by a binary search: records stand in the order of their numbers. */

#include "ledger/evidence/receipt.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json/tree.h"
#include "ledger/evidence/approval-check.h"
#include "ledger/evidence/chain.h"

#define PIECE ((size_t)16384)

bool receipt_is_of(const char *line, size_t len, const char *token)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	const struct json *response, *approval;
	const char *decision, *id;
	struct scan_fault fault;

	if (json_parse_within(line, len, &chain_limits, &doc, &fault) != 0)
		return false;
	response = json_get(json_root(doc), "response");
	decision = response ? json_get_string(response, "decision") : NULL;
	approval = approval_check_find(json_root(doc));
	id = approval ? json_get_string(approval, "token_id") : NULL;
	return decision && strcmp(decision, "allow") == 0 && id && strcmp(id, token) == 0
		&& json_get(approval, "approvals");
}

/* A line of the file: its place, and its text without the newline, which lies in `buffer`. */
struct found_line {
	struct bytes buffer;
	uint64_t start, end; /* with its newline */
	const char *text;
	size_t len;
};

static int read_more(int fd, uint64_t at, uint64_t size, struct bytes *buffer)
{
	size_t want = size - at < PIECE ? (size_t)(size - at) : PIECE;
	char *to;
	ssize_t n;
	int r;

	r = bytes_reserve(buffer, want, &to);
	if (r < 0)
		return r;
	do
		n = pread(fd, to, want, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	bytes_grew(buffer, (size_t)n);
	return n == 0 ? RECEIPT_NONE : 0;
}

/*
 * Reads the first whole line that begins at `from` or later. RECEIPT_NONE: there is none, or it is
 * longer than a record can be.
 */
static int read_line(int fd, uint64_t from, uint64_t size, struct found_line *line)
{
	uint64_t base = from > 0 ? from - 1 : 0; /* a newline there: a line begins at `from` */
	size_t start = 0, seen = 0;
	bool begun = from == 0;
	const char *newline;
	int r;

	bytes_clear(&line->buffer);
	while (line->buffer.len < 2 * (CHAIN_LINE_MAX + 1)) {
		newline = line->buffer.len > seen
			? memchr(line->buffer.data + seen, '\n', line->buffer.len - seen)
			: NULL;
		if (newline && begun) {
			line->text = line->buffer.data + start;
			line->len = (size_t)(newline - line->text);
			line->start = base + start;
			line->end = line->start + line->len + 1;
			return 0;
		}
		if (newline) {
			begun = true;
			start = seen = (size_t)(newline - line->buffer.data) + 1;
			continue;
		}
		seen = line->buffer.len;
		if (base + seen >= size)
			return RECEIPT_NONE;
		r = read_more(fd, base + seen, size, &line->buffer);
		if (r != 0)
			return r;
	}
	return RECEIPT_NONE;
}

static int read_sequence(const struct found_line *line, uint64_t *ret)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct chain_record record;
	int r;

	r = chain_parse(line->text, line->len, &record, &why);
	if (r == 0)
		*ret = record.head.sequence;
	return r == CHAIN_REFUSED ? RECEIPT_NONE : r;
}

static int find_line(int fd, uint64_t size, uint64_t wanted, struct found_line *line)
{
	uint64_t low = 0, high = size, middle, sequence = 0;
	int r;

	/* The wanted line begins at `low` or later, and before `high`. */
	while (low < high) {
		middle = low + (high - low) / 2;
		r = read_line(fd, middle, size, line);
		if (r == RECEIPT_NONE || (r == 0 && line->start >= high)) {
			high = middle;
			continue;
		}
		if (r == 0)
			r = read_sequence(line, &sequence);
		if (r != 0 || sequence == wanted)
			return r;
		if (sequence < wanted)
			low = line->end;
		else
			high = middle;
	}
	return RECEIPT_NONE;
}

int receipt_find(int fd, uint64_t size, uint64_t sequence, const char *token, struct bytes *ret)
{
	struct found_line line = { .buffer = BYTES_PRINTED };
	int r;

	r = find_line(fd, size, sequence, &line);
	if (r == 0)
		r = receipt_is_of(line.text, line.len, token)
			? bytes_append(ret, line.text, line.len)
			: RECEIPT_NONE;
	bytes_deinit(&line.buffer);
	return r;
}

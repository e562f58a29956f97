/* SPDX-License-Identifier: ISC */

/* Reads backwards, more each time, until the piece holds the line's beginning. */

#include "ledger/evidence/chain-tail.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PIECE ((uint64_t)4096)

static int refuse(struct bytes *why, const char *what)
{
	int r;

	r = bytes_append_str(why, what);
	return r < 0 ? r : CHAIN_TAIL_REFUSED;
}

/* Reads the last `len` bytes before `end`; fewer are refused. */
static int read_piece(int fd, uint64_t end, size_t len, struct bytes *piece, struct bytes *why)
{
	char *at;
	ssize_t n;
	int r;

	bytes_clear(piece);
	r = bytes_reserve(piece, len, &at);
	if (r < 0)
		return r;

	while (piece->len < len) {
		n = pread(fd, piece->data + piece->len, len - piece->len,
			(off_t)(end - len + piece->len));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return refuse(why, "it is shorter than it was");
		if (n > 0)
			bytes_grew(piece, (size_t)n);
	}
	return 0;
}

/* Reads the whole last line; *ret is its text, without its newline, at the end of `piece`. */
static int read_line(int fd, uint64_t end, struct bytes *piece, const char **ret, size_t *ret_len,
	struct bytes *why)
{
	const char *newline;
	uint64_t len = FIRST_PIECE;
	int r;

	for (;; len *= 4) {
		len = len < end ? len : end;
		r = read_piece(fd, end, (size_t)len, piece, why);
		if (r != 0)
			return r;
		if (piece->data[len - 1] != '\n')
			return refuse(why, "its last line is incomplete");

		newline = memrchr(piece->data, '\n', (size_t)len - 1);
		if (newline || len == end)
			break;
		if (len > CHAIN_LINE_MAX)
			return refuse(why, "its last line is too long");
	}
	*ret = newline ? newline + 1 : piece->data;
	*ret_len = (size_t)(piece->data + len - 1 - *ret);
	return 0;
}

int chain_tail_read(int fd, uint64_t end, const struct evidence_key *key, bool *ret_own,
	struct chain_head *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes piece = BYTES_PRINTED;
	char hash[CHAIN_HASH_LEN + 1];
	struct chain_record record;
	const char *line;
	size_t len;
	int r;

	if (end == 0)
		return refuse(why, "there is no record");

	r = read_line(fd, end, &piece, &line, &len, why);
	if (r == 0)
		r = chain_parse(line, len, &record, why);
	if (r != 0)
		return r;

	chain_hash(line, len, &record, hash);
	if (strcmp(hash, record.head.hash) != 0)
		return refuse(why, "its last record was changed");

	*ret = record.head;
	if (ret_own)
		*ret_own = chain_is_signed_with(&record, key);
	return 0;
}

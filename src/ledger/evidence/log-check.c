/* SPDX-License-Identifier: ISC */

/*
 * After the mark, two things may follow. First, records that were acknowledged, if the power failed
 * and took their marks along, which are not synced each time. Last, a write that the daemon's death
 * cut short: it is torn if its last line has no newline, or if parts of it were never written and
 * read as zeros. Any other text that is no record was put there by another program.
 */

#include "ledger/evidence/log-check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/notation.h"
#include "base/sha256.h"
#include "ledger/evidence/chain-tail.h"
#include "ledger/evidence/segment.h"

#define PIECE ((size_t)64 * 1024)

/* What a log must be signed with. */
struct signer {
	const struct evidence_key *key; /* NULL: it must not be signed */
	bool any;                       /* signatures are not checked */
};

static int check_marked(
	int fd, const struct log_position *mark, const struct signer *signer, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	struct chain_head head;
	struct stat st;
	bool own;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size < mark->size)
		return bytes_refuse(why, LOG_REFUSED,
			"it is shorter than it was: it has %" PRIu64 " of %" PRIu64
			" bytes" SEGMENT_HINT,
			(uint64_t)st.st_size, mark->size);
	if (mark->size == 0)
		return 0;

	r = chain_tail_read(fd, mark->size, signer->key, &own, &head, &fault);
	if (r < 0)
		return r;
	if (r == CHAIN_TAIL_REFUSED)
		return bytes_refuse(why, LOG_REFUSED,
			"record %" PRIu64 ", the last that was acknowledged, is not there: %s",
			mark->head.sequence, bytes_str(&fault));
	if (head.sequence != mark->head.sequence || strcmp(head.hash, mark->head.hash) != 0)
		return bytes_refuse(why, LOG_REFUSED,
			"it is another: its record %" PRIu64
			" is not the last that was acknowledged",
			head.sequence);
	if (!own && !signer->any)
		return bytes_refuse(why, LOG_OTHER_KEY,
			"its record %" PRIu64
			" is %s: name what it was signed with (--evidence-old-key, "
			"--evidence-old-signing-key), or say that this key is lost "
			"(--evidence-old-key-lost)",
			head.sequence,
			signer->key ? "not signed with this daemon's key"
				    : "signed, and this daemon has no key");
	return 0;
}

/* Whether the line is the next record; if not, *fault says why. */
static int check_next(const struct line *line, const struct chain_head *head,
	const struct signer *signer, struct chain_head *ret, struct bytes *fault)
{
	struct chain_record record;
	char hash[CHAIN_HASH_LEN + 1];
	int r;

	if (!line->complete)
		return bytes_refuse(fault, LOG_REFUSED, "it has no end");
	if (!line->text)
		return bytes_refuse(fault, LOG_REFUSED, "it is too long");

	r = chain_parse(line->text, line->len, &record, fault);
	if (r != 0)
		return r;

	chain_hash(line->text, line->len, &record, hash);
	if (strcmp(hash, record.head.hash) != 0)
		return bytes_refuse(fault, LOG_REFUSED, "it was changed");
	if (record.head.sequence != head->sequence + 1 || strcmp(record.previous, head->hash) != 0)
		return bytes_refuse(fault, LOG_REFUSED, "it doesn't follow the one before it");
	if (!signer->any && !chain_is_signed_with(&record, signer->key))
		return bytes_refuse(fault, LOG_REFUSED, "it is not signed as this daemon signs");

	*ret = record.head;
	return 0;
}

/* Reads everything from `start` on: its length, its hash, and whether it is torn. */
static int look_at_rest(int fd, uint64_t start, struct log_end *end, bool *ret_torn)
{
	uint8_t hash[SHA256_LEN];
	struct sha256 state;
	char piece[PIECE];
	char last = '\n';
	ssize_t n;

	sha256_init(&state);
	*ret_torn = false;
	end->torn = 0;
	while ((n = pread(fd, piece, sizeof(piece), (off_t)(start + end->torn))) != 0) {
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		sha256_update(&state, piece, (size_t)n);
		*ret_torn |= memchr(piece, '\0', (size_t)n) != NULL;
		end->torn += (uint64_t)n;
		last = piece[n - 1];
	}
	*ret_torn |= last != '\n';
	sha256_final(&state, hash);
	notation_hex(hash, sizeof(hash), end->torn_hash);
	return 0;
}

static int check(int fd, const struct log_position *mark, const struct signer *signer,
	struct log_end *ret, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes fault = BYTES_PRINTED;
	cleanup(lines_deinit) struct lines lines = { 0 };
	struct log_end end = { .mark = *mark };
	struct line line;
	bool torn;
	int r;

	r = check_marked(fd, mark, signer, why);
	if (r != 0)
		return r;
	if (lseek(fd, (off_t)mark->size, SEEK_SET) < 0)
		return -errno;

	lines_init(&lines, fd, CHAIN_LINE_MAX);
	while ((r = lines_next(&lines, &line)) == LINES_ONE) {
		r = check_next(&line, &end.mark.head, signer, &end.mark.head, &fault);
		if (r != 0)
			break;
		end.mark.size = mark->size + lines.offset;
	}
	if (r > 0) {
		r = look_at_rest(fd, end.mark.size, &end, &torn);
		if (r == 0 && !torn)
			r = bytes_refuse(why, LOG_REFUSED,
				"what follows record %" PRIu64 " is not a record of this log: %s",
				end.mark.head.sequence, bytes_str(&fault));
	}
	if (r == 0)
		*ret = end;
	return r;
}

int log_check(int fd, const struct log_position *mark, const struct evidence_key *key,
	struct log_end *ret, struct bytes *why)
{
	return check(fd, mark, &(struct signer){ .key = key }, ret, why);
}

int log_check_chain(int fd, const struct log_position *mark, struct log_end *ret, struct bytes *why)
{
	return check(fd, mark, &(struct signer){ .any = true }, ret, why);
}

/* The end of the last line that has a newline; 0 if there is none. */
static int find_last_end(int fd, uint64_t size, uint64_t *ret)
{
	char piece[PIECE];
	const char *newline;
	size_t len;
	ssize_t n;

	for (*ret = 0; size > 0; size -= len) {
		len = size < sizeof(piece) ? (size_t)size : sizeof(piece);
		n = pread(fd, piece, len, (off_t)(size - len));
		if (n < 0)
			return -errno;
		if ((size_t)n != len)
			return -EIO;

		newline = memrchr(piece, '\n', len);
		if (newline) {
			*ret = size - len + (uint64_t)(newline + 1 - piece);
			return 0;
		}
	}
	return 0;
}

int log_find_mark(int fd, struct log_position *ret, struct bytes *why)
{
	struct log_position mark = { 0 };
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;

	r = find_last_end(fd, (uint64_t)st.st_size, &mark.size);
	if (r == 0 && mark.size > 0)
		r = chain_tail_read(fd, mark.size, NULL, NULL, &mark.head, why);
	if (r == 0)
		*ret = mark;
	return r;
}

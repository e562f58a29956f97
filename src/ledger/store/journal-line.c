/* SPDX-License-Identifier: ISC */

#include "ledger/store/journal-line.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/json/tree.h"
#include "base/notation.h"

/*
 * Version 2 has more members in its lines. Version 3 has tokens of the second contract. Version 4
 * has a token's purpose, its runner, and how it was asked for. Older files are read as they are.
 */
#define JOURNAL_VERSION 4

#define CHECK_LEN 8 /* bytes of the hash in `check` */
#define CHECK_KEY ",\"check\":\""
#define CHECK_HEX_LEN (2 * CHECK_LEN)
#define CHECK_TAIL_LEN (sizeof(CHECK_KEY) - 1 + CHECK_HEX_LEN + 2) /* with the quote and brace */

static void check_text(const char *text, size_t len, char ret[static CHECK_HEX_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256_of(text, len, hash);
	notation_hex(hash, CHECK_LEN, ret);
}

/* Ends the header line that begins at `start` of the buffer. */
static int print_check(struct bytes *b, size_t start)
{
	char check[CHECK_HEX_LEN + 1];

	check_text(bytes_str(b) + start, b->len - start, check);
	return bytes_appendf(b, CHECK_KEY "%s\"}\n", check);
}

int journal_print_header(const char *format, uint64_t records, struct bytes *b)
{
	size_t start = b->len;

	bytes_appendf(b, "{\"format\":\"%s\",\"version\":%d,\"records\":%" PRIu64, format,
		JOURNAL_VERSION, records);
	return print_check(b, start);
}

void journal_hash(const char *lines, size_t len, char ret[static JOURNAL_HASH_LEN + 1])
{
	uint8_t hash[SHA256_LEN];

	sha256_of(lines, len, hash);
	notation_hex(hash, sizeof(hash), ret);
}

int journal_print_batch(uint64_t number, const struct bytes *lines, struct bytes *b)
{
	size_t start = b->len;
	char hash[JOURNAL_HASH_LEN + 1];

	if (lines->len > JOURNAL_BATCH_MAX)
		return -EMSGSIZE;

	journal_hash(bytes_str(lines), lines->len, hash);
	bytes_appendf(b, JOURNAL_BATCH_BEGIN "%" PRIu64 ",\"bytes\":%zu,\"sha256\":\"%s\"", number,
		lines->len, hash);
	print_check(b, start);
	return bytes_append(b, bytes_str(lines), lines->len);
}

/* Whether a header line, without its newline, ends with its correct check. */
static bool check_holds(const char *line, size_t len)
{
	char check[CHECK_HEX_LEN + 1];
	const char *tail;

	if (len < CHECK_TAIL_LEN)
		return false;

	tail = line + len - CHECK_TAIL_LEN;
	if (memcmp(tail, CHECK_KEY, sizeof(CHECK_KEY) - 1) != 0
		|| memcmp(line + len - 2, "\"}", 2) != 0)
		return false;

	check_text(line, (size_t)(tail - line), check);
	return memcmp(tail + sizeof(CHECK_KEY) - 1, check, CHECK_HEX_LEN) == 0;
}

static int read_members(const struct json *header, const char *format, struct journal_header *ret,
	struct bytes *why)
{
	const char *name = json_get_string(header, "format");

	if (!name || strcmp(name, format) != 0)
		return bytes_refuse(
			why, JOURNAL_LINE_DAMAGED, "this is not a file of format %s", format);
	if (!json_get_integer(header, "version", UINT64_MAX, &ret->version) || ret->version < 1
		|| ret->version > JOURNAL_VERSION)
		return bytes_refuse(why, JOURNAL_LINE_DAMAGED, "its version is not from 1 to %d",
			JOURNAL_VERSION);
	if (!json_get_integer(header, "records", UINT64_MAX, &ret->records))
		return bytes_refuse(
			why, JOURNAL_LINE_DAMAGED, "the header doesn't count its records");
	return 0;
}

int journal_parse_header(const char *line, size_t len, const char *format,
	struct journal_header *ret, struct bytes *why)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	int r;

	r = json_parse(line, len, &doc, &fault);
	if (r < 0)
		return r;
	if (r == JSON_MALFORMED)
		return bytes_refuse(why, JOURNAL_LINE_DAMAGED, "the header is damaged: %s",
			scan_error_text(fault.error));

	/* A newer version may use another check: report the version first. */
	r = read_members(json_root(doc), format, ret, why);
	if (r != 0)
		return r;
	return check_holds(line, len) ? 0
				      : bytes_refuse(why, JOURNAL_LINE_DAMAGED,
					      "the header is damaged: its check doesn't fit");
}

bool journal_is_old(uint64_t version)
{
	return version < JOURNAL_VERSION;
}

int journal_parse_batch(const char *line, size_t len, struct journal_batch *ret)
{
	cleanup(json_doc_free_p) struct json_doc *doc = NULL;
	struct scan_fault fault;
	const char *sha256;
	uint64_t bytes;
	int e;

	if (!check_holds(line, len))
		return JOURNAL_LINE_DAMAGED;

	e = json_parse(line, len, &doc, &fault);
	if (e < 0)
		return e;
	if (e == JSON_MALFORMED)
		return JOURNAL_LINE_DAMAGED;

	sha256 = json_get_string(json_root(doc), "sha256");
	if (len >= JOURNAL_MARK_MAX
		|| !json_get_integer(json_root(doc), "batch", UINT64_MAX, &ret->number)
		|| !json_get_integer(json_root(doc), "bytes", JOURNAL_BATCH_MAX, &bytes) || !sha256
		|| strlen(sha256) != JOURNAL_HASH_LEN)
		return JOURNAL_LINE_DAMAGED;

	ret->header_len = len + 1;
	ret->bytes = (size_t)bytes;
	memcpy(ret->sha256, sha256, sizeof(ret->sha256));
	return 0;
}

void journal_mark_of(uint64_t number, const char *text, struct journal_mark *ret)
{
	const size_t len = strcspn(text, "\n");

	assert(len < sizeof(ret->header));
	*ret = (struct journal_mark){ .batch = number };
	memcpy(ret->header, text, len);
}

int journal_mark_parse(const char *header, size_t len, struct journal_mark *ret)
{
	struct journal_batch batch;
	int r;

	r = journal_parse_batch(header, len, &batch);
	if (r != 0)
		return r;

	*ret = (struct journal_mark){ .batch = batch.number };
	memcpy(ret->header, header, len);
	return 0;
}

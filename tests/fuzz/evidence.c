/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the reading of a stream of evidence: verifying it, without a key and with one, and showing
 * it. Of each line that is taken as a record, what is left when the two members are cut out of it
 * must be an object that has all of the others and neither of the two; and what is shown of it must
 * be one line that a terminal doesn't obey.
 *
 * Nearly every mutation is one that the hash finds, so most of them get hashes that fit.
 */

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "cli/evidence-line.h"
#include "ledger/evidence/verify.h"

#define HASH_KEY "\"record_hash\":\""
#define PREVIOUS_KEY "\"previous_hash\":\""

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static struct evidence_key *key;
static int stream_fd;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* The corpus is signed with the key of tests/vectors. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	char path[] = "/tmp/firma-fuzz-key.XXXXXX";
	int fd = mkstemp(path);

	(void)argc;
	(void)argv;
	must(fd >= 0 && file_write(fd, "test-key-1", 10) == 0 && sodium_init() >= 0);
	must(evidence_key_load(path, EVIDENCE_KEY_SHARED, getuid(), false, &key, &why) == 0);
	close(fd);
	unlink(path);
	stream_fd = memfd_create("stream", MFD_CLOEXEC);
	must(stream_fd >= 0);
	return 0;
}

struct faults {
	uint64_t n, last;
};

static int on_fault(uint64_t line, const char *what, void *userdata)
{
	struct faults *f = userdata;

	must(line >= f->last && what[0]);
	f->last = line;
	f->n++;
	return 0;
}

static void verify(struct evidence_key *with, struct verify_report *ret)
{
	const struct verify_options options = { .keys = &with, .n_keys = with ? 1 : 0 };
	struct faults faults = { 0 };

	must(lseek(stream_fd, 0, SEEK_SET) == 0);
	must(verify_stream(
		     stream_fd, &options, &(struct verify_calls){ .fault = on_fault }, &faults, ret)
		== 0);
	must(faults.n == ret->faults && ret->signed_records <= ret->records);
}

struct members {
	size_t n;
	bool cut;
};

static int count_member(const struct scan_member *m, void *userdata)
{
	struct members *c = userdata;

	c->n++;
	c->cut |= (m->key_len == 11 && memcmp(m->key, "record_hash", 11) == 0)
		|| (m->key_len == 9 && memcmp(m->key, "signature", 9) == 0);
	return 0;
}

static void check_cuts(const char *line, size_t len, const struct chain_record *record)
{
	cleanup(bytes_deinit) struct bytes rest = BYTES_PRINTED;
	struct members whole = { 0 }, left = { 0 };
	struct scan_fault fault;
	size_t from = 0, n = record->is_signed ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		must(record->cuts[i].start >= from && record->cuts[i].end > record->cuts[i].start);
		must(bytes_append(&rest, line + from, record->cuts[i].start - from) == 0);
		from = record->cuts[i].end;
	}
	must(from <= len && bytes_append(&rest, line + from, len - from) == 0);

	must(scan_object_within(line, len, &chain_limits, count_member, &whole, &fault) == 0);
	must(scan_object_within(rest.data, rest.len, &chain_limits, count_member, &left, &fault)
		== 0);
	must(whole.cut && !left.cut && left.n + n == whole.n);
}

static void check_shown(const char *line, size_t len)
{
	cleanup(bytes_deinit) struct bytes text = BYTES_PRINTED;
	static const struct evidence_line_filter all;
	struct table_word decision;
	uint32_t c;
	size_t n;

	if (evidence_line_append(line, len, &all, &text, &decision) != EVIDENCE_LINE_SHOWN)
		return;
	for (size_t i = 0; i < text.len; i += n) {
		n = utf8_decode(text.data + i, text.len - i, &c);
		must(n > 0 && unicode_class(c) != UNICODE_HIDDEN);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *newline;
	struct verify_report plain, with_key;

	must(ftruncate(stream_fd, 0) == 0 && lseek(stream_fd, 0, SEEK_SET) == 0);
	must(file_write(stream_fd, data, size) == 0);
	verify(NULL, &plain);
	verify(key, &with_key);
	must(plain.records == with_key.records && plain.faults <= with_key.faults);
	must(with_key.faults > 0 || with_key.signed_records == with_key.records);

	for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
		cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
		struct chain_record record;
		size_t len = (size_t)(newline - at);

		if (chain_parse(at, len, &record, &why) == 0)
			check_cuts(at, len, &record);
		check_shown(at, len);
	}
	return 0;
}

/* Gives a line that is a record the hash of the one before, and its own. */
static void seal(char *line, size_t len, char previous[static CHAIN_HASH_LEN + 1])
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct chain_record record;
	char hash[CHAIN_HASH_LEN + 1], *at;

	if (chain_parse(line, len, &record, &why) != 0)
		return;

	at = memmem(line, len, PREVIOUS_KEY, sizeof(PREVIOUS_KEY) - 1);
	if (at && record.previous[0] && previous[0])
		memcpy(at + sizeof(PREVIOUS_KEY) - 1, previous, CHAIN_HASH_LEN);

	if (chain_parse(line, len, &record, &why) != 0)
		return;
	chain_hash(line, len, &record, hash);
	at = line + record.cuts[0].start + (line[record.cuts[0].start] == ',');
	memcpy(at + sizeof(HASH_KEY) - 1, hash, CHAIN_HASH_LEN);
	memcpy(previous, hash, sizeof(hash));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	char previous[CHAIN_HASH_LEN + 1] = "", *at = (char *)data, *end, *newline;

	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 4 == 0)
		return size;

	for (end = at + size; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			break;
		seal(at, (size_t)(newline - at), previous);
	}
	return size;
}

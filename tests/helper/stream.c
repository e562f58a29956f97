/* SPDX-License-Identifier: ISC */

/*
 * Streams of evidence for tests.
 *
 * `unit stream make N [shared|private KEY]` prints a stream of N records, signed if a key is given.
 *
 * `unit stream bytes FILE [shared|public KEY [ID]]` verifies a valid stream again and again, each
 * time with one byte changed: in each of its bits, and to a blank. Each time a fault must be
 * reported for the line of that byte. The first change without one is reported, and the program
 * fails; else it prints the count.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ledger/evidence/verify.h"

static struct evidence_key *load_key(const char *kind, const char *path)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	struct evidence_key *key = NULL;
	enum evidence_key_kind wanted = EVIDENCE_KEY_PUBLIC;

	if (strcmp(kind, "shared") == 0)
		wanted = EVIDENCE_KEY_SHARED;
	else if (strcmp(kind, "private") == 0)
		wanted = EVIDENCE_KEY_PRIVATE;
	if (sodium_init() < 0 || evidence_key_load(path, wanted, geteuid(), false, &key, &why) != 0)
		errx(UNIT_FAILED, "%s %s", path, bytes_str(&why));
	return key;
}

static int make(unsigned long n, const struct evidence_key *key)
{
	char hash[CHAIN_HASH_LEN + 1] = "", before[512];

	for (unsigned long i = 1; i <= n; i++) {
		cleanup(bytes_deinit) struct bytes behind = BYTES_PRINTED, line = BYTES_PRINTED;
		char previous[CHAIN_HASH_LEN + 1];

		memcpy(previous, hash, sizeof(previous));
		snprintf(before, sizeof(before),
			"{\"schema_version\":\"" CHAIN_SCHEMA_FIRMA
			"\",\"product\":\"firma\",\"event_type\":\"decision\",\"record_id\":\"%"
			"024lx\","
			"\"sequence\":%lu,%s%s%s",
			i, i, hash[0] ? "\"previous_hash\":\"" : "", hash, hash[0] ? "\"," : "");
		unit_must(bytes_appendf(&behind,
			",\"timestamp\":\"2026-11-20T06:17:57.%09luZ\",\"request\":{\"action\":"
			"\"local.exec\",\"executable\":\"/usr/bin/git\",\"args\":[\"%lu\"]},"
			"\"response\":{\"decision\":\"allow\",\"reason\":\"r\"},\"peer\":{\"uid\":"
			"0}",
			i, i));
		unit_must(chain_print(before, &behind, previous, key, &line, hash));
		fputs(line.data, stdout);
	}
	return UNIT_OK;
}

struct trial {
	uint64_t line;
	bool found;
};

static int on_fault(uint64_t line, const char *what, void *userdata)
{
	struct trial *t = userdata;

	(void)what;
	t->found |= line == t->line;
	return 0;
}

static bool is_found(int fd, const struct verify_options *options, uint64_t line)
{
	struct trial trial = { .line = line };
	struct verify_report report;

	if (lseek(fd, 0, SEEK_SET) < 0)
		err(UNIT_FAILED, "lseek");
	unit_must(verify_stream(
		fd, options, &(struct verify_calls){ .fault = on_fault }, &trial, &report));
	return trial.found;
}

static int change_bytes(const char *data, size_t len, const struct verify_options *options)
{
	static const unsigned char bits[] = { 1, 2, 4, 8, 16, 32, 64, 128, 0xff };
	unsigned long n = 0;
	uint64_t line = 1;
	int fd;

	fd = memfd_create("stream", MFD_CLOEXEC);
	if (fd < 0)
		err(UNIT_FAILED, "memfd_create");
	unit_must(file_write(fd, data, len));
	if (is_found(fd, options, 1))
		errx(UNIT_FAILED, "it doesn't hold as it is");

	for (size_t i = 0; i < len; i++) {
		for (size_t x = 0; x < sizeof(bits); x++, n++) {
			char changed = (char)(data[i] ^ bits[x]);

			if (bits[x] == 0xff)
				changed = data[i] == ' ' ? '0' : ' ';
			if (pwrite(fd, &changed, 1, (off_t)i) != 1)
				err(UNIT_FAILED, "pwrite");
			if (!is_found(fd, options, line))
				errx(UNIT_FAILED, "byte %zu, line %" PRIu64 ", 0x%02x: not found",
					i, line, (unsigned char)changed);
		}
		if (pwrite(fd, data + i, 1, (off_t)i) != 1)
			err(UNIT_FAILED, "pwrite");
		line += data[i] == '\n';
	}
	close(fd);
	printf("%lu changes, all found\n", n);
	return UNIT_OK;
}

int unit_stream(int argc, char **argv)
{
	cleanup(evidence_key_free_p) struct evidence_key *key = NULL;
	cleanup(free_p) char *data = NULL;
	struct verify_options options = { 0 };
	FILE *in;
	size_t len;

	if (argc < 3)
		return unit_usage("stream make|bytes N|FILE [shared|private|public KEY [ID]]");
	if (argc >= 5)
		key = load_key(argv[3], argv[4]);
	if (strcmp(argv[1], "make") == 0)
		return make(unit_number(argv[2]), key);

	in = fopen(argv[2], "re");
	if (!in)
		err(UNIT_FAILED, "%s", argv[2]);
	data = unit_read(in, &len);
	fclose(in);
	options.keys = &key;
	options.n_keys = key ? 1 : 0;
	options.key_id = argc >= 6 ? argv[5] : NULL;
	return change_bytes(data, len, &options);
}

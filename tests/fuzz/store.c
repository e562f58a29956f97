/* SPDX-License-Identifier: ISC */

/*
 * Fuzzes the loading of the tokens' file, in a directory of its own under $TMPDIR (which had better
 * be in memory). Whatever the file holds: either the store is closed, says why, and the file is
 * what it was; or it is open, and what it leaves behind is loaded again as the same tokens, without
 * a further word or change.
 *
 * A mutation is nearly always one that a checksum finds, so most of them get new checksums: what
 * the fuzzer changes is then what a batch says, how it is cut up, and in which order it comes.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "gate/token/token-print.h"
#include "ledger/store/file-store.h"
#include "ledger/store/journal-line.h"
#include "ledger/store/journal.h"
#include "ledger/store/tokens-mark.h"

#define FORMAT "firma.tokens"
#define HEADER_BEGIN "{\"format\":\"" FORMAT "\",\"version\":1,\"records\":"
#define BATCH_BEGIN "{\"batch\":"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

static char directory[200];
static int dir_fd;

/* The corpus has tokens that were issued before, around and after this, and in another boot. */
static const struct moment now = {
	.clock = { .boot = 1000 * CLOCK_SECOND, .wall = 1700000000 * CLOCK_SECOND },
	.boot_id = "sixteen bytes id",
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void remove_directory(void)
{
	(void)unlinkat(dir_fd, "tokens.jsonl", 0);
	(void)unlinkat(dir_fd, "tokens.jsonl.new", 0);
	(void)unlinkat(dir_fd, TOKENS_MARK_NAME, 0);
	(void)unlinkat(dir_fd, "lock", 0);
	(void)rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *tmp = getenv("TMPDIR");

	(void)argc;
	(void)argv;
	snprintf(directory, sizeof(directory), "%s/firma-fuzz.XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(directory));
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir_fd >= 0);
	atexit(remove_directory);
	return 0;
}

/* The file is the first of its directory: the mark of another one would say that it is older. */
static void write_tokens(const uint8_t *data, size_t size)
{
	int fd = openat(dir_fd, "tokens.jsonl", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)unlinkat(dir_fd, TOKENS_MARK_NAME, 0);
	must(fd >= 0 && file_write(fd, data, size) == 0);
	close(fd);
}

static void read_tokens(struct bytes *b)
{
	int fd = openat(dir_fd, "tokens.jsonl", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	char *end;

	bytes_clear(b);
	must(fd >= 0);
	do {
		must(bytes_reserve(b, 65536, &end) == 0);
		n = read(fd, end, 65536);
		must(n >= 0);
		bytes_grew(b, (size_t)n);
	} while (n > 0);
	close(fd);
}

/* All tokens of a store that has just been opened; false where it is closed, with its reason. */
static bool load(struct bytes *tokens, struct bytes *warning)
{
	cleanup(state_dir_free_p) struct state_dir *dir = NULL;
	cleanup(store_free_p) struct store *store = NULL;
	bool open;

	bytes_clear(tokens);
	bytes_clear(warning);
	must(state_dir_new(directory, getuid(), &dir) == 0);
	must(file_store_new(dir, &now, &store) == 0);
	(void)store_take_warning(store, warning);

	open = !store_closed(store);
	must(open == store_is_readable(store));
	if (!open)
		must(strstr(store_closed(store), "/tokens.jsonl: line "));
	for (const struct token *t = NULL; open && (t = store_next(store, t));) {
		must(t->issued <= now.clock.boot && t->state != TOKEN_ABSENT);
		must(token_print_stored(t, tokens) == 0);
		must(bytes_append_char(tokens, '\n') == 0);
	}
	return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(bytes_deinit) struct bytes first = BYTES_PRINTED, second = BYTES_PRINTED,
					   file = BYTES_PRINTED, warning = BYTES_PRINTED;

	write_tokens(data, size);
	if (!load(&first, &warning)) {
		read_tokens(&file);
		must(file.len == size && memcmp(bytes_str(&file), data, size) == 0);
		return 0;
	}

	read_tokens(&file);
	must(load(&second, &warning) && warning.len == 0);
	must(strcmp(bytes_str(&first), bytes_str(&second)) == 0);
	read_tokens(&second);
	must(second.len == file.len && memcmp(bytes_str(&second), file.data, file.len) == 0);
	return 0;
}

/* The number behind a line's beginning; 0 where the line begins otherwise. */
static uint64_t number_behind(const char *line, size_t len, const char *begin)
{
	char digits[24] = "";
	size_t n = strlen(begin);

	if (len <= n || memcmp(line, begin, n) != 0)
		return 0;

	len = len - n < sizeof(digits) - 1 ? len - n : sizeof(digits) - 1;
	memcpy(digits, line + n, len);
	return strtoull(digits, NULL, 10);
}

/* Ends the batch that was collected. */
static void end_batch(uint64_t number, struct bytes *lines, struct bytes *out)
{
	if (number > 0)
		must(journal_print_batch(number, lines, out) == 0);
	bytes_clear(lines);
}

/* Writes the file anew with what it says and the checksums that belong to it. */
static void seal(const char *data, size_t size, struct bytes *out)
{
	cleanup(bytes_deinit) struct bytes lines = BYTES_PRINTED;
	const char *end = data + size, *newline;
	uint64_t batch = 0, number;

	for (const char *line = data; line < end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			break;

		number = number_behind(line, (size_t)(newline - line), BATCH_BEGIN);
		if (line == data) {
			number = number_behind(line, (size_t)(newline - line), HEADER_BEGIN);
			must(journal_print_header(FORMAT, number, out) == 0);
		} else if (number > 0) {
			end_batch(batch, &lines, out);
			batch = number;
		} else {
			must(bytes_append(&lines, line, (size_t)(newline + 1 - line)) == 0);
		}
	}
	end_batch(batch, &lines, out);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	cleanup(bytes_deinit) struct bytes sealed = BYTES_PRINTED;

	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 4 == 0)
		return size;

	seal((const char *)data, size, &sealed);
	if (sealed.len == 0 || sealed.len > max)
		return size;

	memcpy(data, sealed.data, sealed.len);
	return sealed.len;
}

/* SPDX-License-Identifier: ISC */

/*
 * `unit store-damage bytes|ends|limit|sectors DIR`: loads a file of tokens again and again, each
 * time with another damage, as a daemon would at its start.
 *
 * `ends` cuts the file at every byte; `sectors` drops every choice of sectors from each batch that
 * is last; `bytes` changes each byte in turn; `limit` tests the largest batch, and loads none. A
 * load may have two results. Either exactly the tokens from before the torn batch are on record,
 * the file is rewritten, and a warning says so. Or the store is closed, for a reason that names
 * the file and the line, and the file is unchanged. The first load with another result is reported,
 * and the program fails; else it prints the counts.
 */

#include "helper/unit.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "gate/token/fingerprint.h"
#include "gate/token/token-print.h"
#include "ledger/store/file-store.h"
#include "ledger/store/journal-line.h"
#include "ledger/store/journal.h"
#include "ledger/store/tokens-mark.h"

#define TOKENS_FILE "tokens.jsonl"
#define SECTOR 512
#define BATCHES_MAX 8

/* The length of an argument that makes a batch of several sectors, and its limit. */
static size_t long_arg = 900;
#define LONG_ARG_MAX (900 + SECTOR)

/* The file's parts: a header, a batch from the last rewrite, and appended batches. */
struct image {
	struct bytes data;
	size_t header_len;
	size_t n;
	struct {
		size_t start, end;
		unsigned line;      /* of its header */
		struct bytes state; /* on record after it */
	} batches[BATCHES_MAX];
};

struct bench {
	const char *dir;
	struct state_dir *state_dir;
	int dir_fd, fd;
	struct moment now;
	struct image image;
	struct bytes damaged; /* the file's content */
	char what[64];        /* the damage, for messages */
	unsigned long loads, whole, cut, closed;
};

/* The changes, each of the token of that number; `last` ends a turn. */
static const struct {
	enum token_state from, to;
	uint8_t token;
	bool is_long;
	bool last;
} appended[] = {
	{ TOKEN_ABSENT, TOKEN_PENDING, 3, true, true },
	{ TOKEN_PENDING, TOKEN_APPROVED, 1, false, false },
	{ TOKEN_PENDING, TOKEN_REVOKED, 3, false, true },
	{ TOKEN_APPROVED, TOKEN_CONSUMED, 2, false, true },
	{ TOKEN_ABSENT, TOKEN_PENDING, 4, false, true },
	{ TOKEN_PENDING, TOKEN_APPROVED, 4, false, true },
};

static void must(int r, const char *what)
{
	if (r < 0)
		errx(UNIT_FAILED, "%s: %s", what, strerror(-r));
}

static void __attribute__((format(printf, 2, 3), noreturn))
fail(const struct bench *b, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", b->what);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(UNIT_FAILED);
}

/* --- the file ------------------------------------------------------------------------------ */

static struct token *make_token(uint8_t number, bool is_long)
{
	struct token t = {
		.id = { number, [6] = 0x40, [8] = 0x80 },
		.state = TOKEN_PENDING,
		.asked.executable = "/usr/bin/git",
		.asked.args.n = 1,
		.asked.session_id = "sess",
		.asked.sandbox_id = "sbx",
		.asked.profile = "generic",
		.rule = "r",
		.uid = 1000,
		.issued = CLOCK_SECOND,
		.expires = 301 * CLOCK_SECOND,
		.latest = 301 * CLOCK_SECOND,
	};
	char args[LONG_ARG_MAX + 1] = "status";
	struct token *token;

	if (is_long)
		memset(args, 'x', long_arg);
	t.asked.args.text = args;
	t.asked.args.len = (uint32_t)strlen(args) + 1;
	fingerprint_compute(&t.asked, t.fingerprint);

	token = token_new(&t);
	if (!token)
		errx(UNIT_FAILED, "out of memory");
	return token;
}

static void apply(struct store *store, uint8_t token, bool is_long, enum token_state from,
	enum token_state to)
{
	struct token_change change = { .from = from, .to = to };

	change.id[0] = token;
	change.id[6] = 0x40;
	change.id[8] = 0x80;
	if (to == TOKEN_REVOKED)
		change.reason = "not \"this\"";
	if (from == TOKEN_ABSENT) {
		change.issued = make_token(token, is_long);
		must(store_measure(store, &change), "store_measure");
	}
	if (store_apply(store, &change) != 0)
		errx(UNIT_FAILED, "the story makes no sense");
	token_change_deinit(&change);
}

/* Empties `b`, and reads the file into it. */
static void read_file(const struct bench *bench, struct bytes *b)
{
	cleanup(close_p) int fd = -1;
	ssize_t n;
	char *at;

	fd = openat(bench->dir_fd, TOKENS_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		err(UNIT_FAILED, TOKENS_FILE);

	bytes_clear(b);
	do {
		must(bytes_reserve(b, 16384, &at), "reading");
		n = read(fd, at, 16384);
		if (n < 0)
			err(UNIT_FAILED, TOKENS_FILE);
		bytes_grew(b, (size_t)n);
	} while (n > 0);
}

/* Creates a new file: truncating and rewriting the old one would write it to the disk at once. */
static void write_file(const struct bench *b)
{
	cleanup(close_p) int fd = -1;

	unlinkat(b->dir_fd, TOKENS_FILE, 0);
	unlinkat(b->dir_fd, TOKENS_MARK_NAME, 0);
	fd = openat(b->dir_fd, TOKENS_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes_str(&b->damaged), b->damaged.len) != (ssize_t)b->damaged.len)
		err(UNIT_FAILED, TOKENS_FILE);
}

static void write_byte(struct bench *b, size_t at, char byte)
{
	b->damaged.data[at] = byte;
	if (pwrite(b->fd, &byte, 1, (off_t)at) != 1)
		err(UNIT_FAILED, TOKENS_FILE);
}

/* Prints every token with all its data, a line each. */
static void print_state(const struct store *store, struct bytes *b)
{
	for (const struct token *t = NULL; (t = store_next(store, t));) {
		must(token_print_stored(t, b), "token_print_stored");
		must(bytes_append_char(b, '\n'), "printing");
	}
}

static struct store *load(const struct bench *bench)
{
	struct store *store;

	must(file_store_new(bench->state_dir, &bench->now, &store), "file_store_new");
	return store;
}

static unsigned lines_in(const struct bytes *b, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += b->data[i] == '\n';
	return n;
}

/* Adds the file's last batch to the image, with the tokens after it. */
static void note_batch(struct bench *b, const struct store *store)
{
	struct image *image = &b->image;
	size_t n = image->n++;

	read_file(b, &image->data);
	if (n == 0)
		image->header_len = strcspn(image->data.data, "\n") + 1;
	image->batches[n].start = n == 0 ? image->header_len : image->batches[n - 1].end;
	image->batches[n].end = image->data.len;
	image->batches[n].line = lines_in(&image->data, image->batches[n].start) + 1;
	bytes_init(&image->batches[n].state, BYTES_PRINTED_MAX);
	print_state(store, &image->batches[n].state);
}

static void write_story(struct bench *b)
{
	cleanup(store_free_p) struct store *store = load(b);

	apply(store, 1, false, TOKEN_ABSENT, TOKEN_PENDING);
	apply(store, 2, false, TOKEN_ABSENT, TOKEN_PENDING);
	apply(store, 2, false, TOKEN_PENDING, TOKEN_APPROVED);
	must(store_commit(store), "store_commit");
	must(store_put_to_rest(store), "store_put_to_rest");
	note_batch(b, store);
	store_free(store);

	store = load(b);
	for (size_t i = 0; i < LENGTH(appended); i++) {
		apply(store, appended[i].token, appended[i].is_long, appended[i].from,
			appended[i].to);
		if (!appended[i].last)
			continue;
		must(store_commit(store), "store_commit");
		note_batch(b, store);
	}
}

static void forget_story(struct bench *b)
{
	for (size_t i = 0; i < b->image.n; i++)
		bytes_deinit(&b->image.batches[i].state);
	b->image.n = 0;
	if (unlinkat(b->dir_fd, TOKENS_FILE, 0) < 0)
		err(UNIT_FAILED, TOKENS_FILE);
	unlinkat(b->dir_fd, TOKENS_MARK_NAME, 0);
}

/* The first appended batch ends with its sector, so that the next header begins another one. */
static void build(struct bench *b)
{
	size_t over;

	write_story(b);
	over = b->image.batches[1].end % SECTOR;
	if (over > 0) {
		long_arg += SECTOR - over;
		forget_story(b);
		write_story(b);
	}
	if (b->image.batches[1].end % SECTOR != 0)
		errx(UNIT_FAILED, "no batch ends with its sector");
}

/* --- the result of a load --------------------------------------------------------------------- */

static void expect_unchanged(const struct bench *b)
{
	cleanup(bytes_deinit) struct bytes is = BYTES_PRINTED;

	read_file(b, &is);
	if (is.len != b->damaged.len || memcmp(is.data, b->damaged.data, is.len) != 0)
		fail(b, "the file was changed");
	if (faccessat(b->dir_fd, TOKENS_FILE ".new", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		fail(b, "a new file was left behind");
}

/* The store must be closed for a fault in that line, and the file unchanged. */
static void expect_closed(struct bench *b, unsigned line)
{
	cleanup(store_free_p) struct store *store = load(b);
	const char *closed = store_closed(store);
	char begin[512];

	snprintf(begin, sizeof(begin), "%s/" TOKENS_FILE ": line %u: ", b->dir, line);
	if (!closed)
		fail(b, "it was loaded");
	if (strncmp(closed, begin, strlen(begin)) != 0 || !closed[strlen(begin)])
		fail(b, "closed for '%s', not for line %u", closed, line);
	if (store_is_readable(store) || store_is_waiting(store))
		fail(b, "closed, but not for good");

	must(store_put_to_rest(store), "store_put_to_rest");
	expect_unchanged(b);
	b->loads++;
	b->closed++;
}

/* The store must be open with exactly these tokens, and warn if it cut something off. */
static void expect_loaded(struct bench *b, const struct bytes *state, size_t torn)
{
	cleanup(bytes_deinit) struct bytes is = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes warning = BYTES_PRINTED;
	cleanup(store_free_p) struct store *store = load(b);
	char words[64];

	if (store_closed(store))
		fail(b, "closed for '%s'", store_closed(store));
	print_state(store, &is);
	if (strcmp(bytes_str(&is), bytes_str(state)) != 0)
		fail(b, "on record is\n%snot\n%s", bytes_str(&is), bytes_str(state));

	snprintf(words, sizeof(words), ": cut off %zu byte%s ", torn, torn == 1 ? "" : "s");
	if (store_take_warning(store, &warning) != (torn > 0))
		fail(b, "warned of '%s'", bytes_str(&warning));
	if (torn > 0 && !strstr(warning.data, words))
		fail(b, "warned of '%s', not of %zu bytes", warning.data, torn);
	b->loads++;
}

/* The tokens from before the torn batch must be on record, now and at the next load. */
static void expect_cut(struct bench *b, const struct bytes *state, size_t torn)
{
	expect_loaded(b, state, torn);
	read_file(b, &b->damaged);
	if (lines_in(&b->damaged, b->damaged.len) != lines_in(state, state->len) + 2)
		fail(b, "the file was not rewritten");

	expect_loaded(b, state, 0);
	expect_unchanged(b);
	if (torn > 0)
		b->cut++;
	else
		b->whole++;
}

/* --- damage --------------------------------------------------------------------------------- */

static void set_damaged(struct bench *b, size_t len)
{
	bytes_clear(&b->damaged);
	must(bytes_append(&b->damaged, b->image.data.data, len), "copying");
}

/* The number of whole batches in the file's first `len` bytes. */
static size_t whole_batches(const struct image *image, size_t len)
{
	size_t n = 0;

	while (n < image->n && image->batches[n].end <= len)
		n++;
	return n;
}

static void try_ends(struct bench *b)
{
	size_t n;

	for (size_t len = 0; len <= b->image.data.len; len++) {
		snprintf(b->what, sizeof(b->what), "cut at byte %zu", len);
		set_damaged(b, len);
		write_file(b);

		/* The batch from the last rewrite can't be torn. */
		n = whole_batches(&b->image, len);
		if (n == 0)
			expect_closed(b, len < b->image.header_len ? 1 : 2);
		else
			expect_cut(b, &b->image.batches[n - 1].state,
				len - b->image.batches[n - 1].end);
	}
}

/* Zeroes the batch's part of each sector whose bit is set. */
static void drop_sectors(struct bench *b, size_t start, size_t end, unsigned choice)
{
	for (size_t at = start, to; at < end; at = to, choice >>= 1) {
		to = (at / SECTOR + 1) * SECTOR;
		if (to > end)
			to = end;
		if (choice & 1)
			memset(b->damaged.data + at, 0, to - at);
	}
}

/* Drops these sectors of a batch: first of the file's last batch, then with others after it. */
static void try_choice(struct bench *b, size_t batch, unsigned choice)
{
	size_t start = b->image.batches[batch].start, end = b->image.batches[batch].end;

	snprintf(b->what, sizeof(b->what), "batch %zu without sectors %#x", batch + 1, choice);
	set_damaged(b, end);
	drop_sectors(b, start, end, choice);
	write_file(b);
	if (batch == 0)
		expect_closed(b, b->image.batches[batch].line);
	else
		expect_cut(b, &b->image.batches[batch - 1].state, end - start);

	for (size_t last = batch + 1; last < b->image.n; last++) {
		set_damaged(b, b->image.batches[last].end);
		drop_sectors(b, start, end, choice);
		write_file(b);
		expect_closed(b, b->image.batches[batch].line);
	}
}

static void try_sectors(struct bench *b)
{
	size_t start, end, n;

	for (size_t i = 0; i < b->image.n; i++) {
		start = b->image.batches[i].start;
		end = b->image.batches[i].end;
		n = (end - 1) / SECTOR - start / SECTOR + 1;
		for (unsigned choice = 1; choice < 1U << n; choice++)
			try_choice(b, i, choice);
	}
}

/* The changes of a byte: each bit inverted, and bytes with a special meaning. */
static size_t changes_of(char was, char ret[static 16])
{
	static const char meaning[] = { '\0', '\n', '\xff' };
	size_t n = 0;

	for (int bit = 0; bit < 8; bit++)
		ret[n++] = (char)(was ^ (1 << bit));
	for (size_t i = 0; i < sizeof(meaning); i++)
		if (meaning[i] != was)
			ret[n++] = meaning[i];
	return n;
}

static void try_byte(struct bench *b, size_t at, char changed)
{
	size_t batch = whole_batches(&b->image, at);

	snprintf(b->what, sizeof(b->what), "byte %zu as 0x%02x", at, (unsigned char)changed);
	write_byte(b, at, changed);
	expect_closed(b, at < b->image.header_len ? 1 : b->image.batches[batch].line);
}

/* Whether the byte is in the file's header or the last batch's: these show a torn end. */
static bool is_of_headers(const struct image *image, size_t at)
{
	size_t last = image->batches[image->n - 1].start;
	const char *end = memchr(image->data.data + last, '\n', image->data.len - last);

	return at < image->header_len || (at >= last && image->data.data + at <= end);
}

static void try_bytes(struct bench *b)
{
	char was, changes[16];
	size_t n;

	set_damaged(b, b->image.data.len);
	write_file(b);
	b->fd = openat(b->dir_fd, TOKENS_FILE, O_WRONLY | O_CLOEXEC);
	if (b->fd < 0)
		err(UNIT_FAILED, TOKENS_FILE);

	for (size_t at = 0; at < b->damaged.len; at++) {
		was = b->damaged.data[at];
		n = changes_of(was, changes);
		for (size_t i = 0; i < n; i++)
			try_byte(b, at, changes[i]);

		for (int value = 0; is_of_headers(&b->image, at) && value < 256; value++)
			if (value != (unsigned char)was)
				try_byte(b, at, (char)value);
		write_byte(b, at, was);
	}
	expect_cut(b, &b->image.batches[b->image.n - 1].state, 0);
}

/* A batch that would be too large to read is not written. */
static void try_limit(struct bench *b)
{
	struct bytes lines = BYTES_PRINTED, batch = BYTES_PRINTED;
	char *end;

	must(bytes_reserve(&lines, JOURNAL_BATCH_MAX, &end), "lines");
	memset(end, '\n', JOURNAL_BATCH_MAX);
	bytes_grew(&lines, JOURNAL_BATCH_MAX);
	snprintf(b->what, sizeof(b->what), "a batch of %zu bytes", lines.len);
	if (journal_print_batch(1, &lines, &batch) != 0)
		fail(b, "was not written");

	must(bytes_append_char(&lines, '\n'), "lines");
	if (journal_print_batch(1, &lines, &batch) != -EMSGSIZE)
		fail(b, "and one more were written");
	bytes_deinit(&lines);
	bytes_deinit(&batch);
}

static const struct {
	const char *name;
	void (*run)(struct bench *b);
} ways[] = {
	{ "bytes", try_bytes },
	{ "ends", try_ends },
	{ "limit", try_limit },
	{ "sectors", try_sectors },
};

static void bench_init(struct bench *b, const char *dir)
{
	*b = (struct bench){
		.dir = dir,
		.dir_fd = -1,
		.fd = -1,
		.now.clock.boot = 2 * CLOCK_SECOND,
	};
	bytes_init(&b->image.data, BYTES_PRINTED_MAX);
	bytes_init(&b->damaged, BYTES_PRINTED_MAX);

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		err(UNIT_FAILED, "%s", dir);
	must(state_dir_new(dir, geteuid(), &b->state_dir), "state_dir_new");
	b->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dir_fd < 0)
		err(UNIT_FAILED, "%s", dir);
}

static void bench_deinit(struct bench *b)
{
	state_dir_free(b->state_dir);
	for (size_t i = 0; i < b->image.n; i++)
		bytes_deinit(&b->image.batches[i].state);
	bytes_deinit(&b->image.data);
	bytes_deinit(&b->damaged);
	close_p(&b->fd);
	close_p(&b->dir_fd);
}

int unit_store_damage(int argc, char **argv)
{
	struct bench b;

	for (size_t i = 0; argc == 3 && i < LENGTH(ways); i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;

		bench_init(&b, argv[2]);
		build(&b);
		ways[i].run(&b);
		printf("{\"bytes\":%zu,\"batches\":%zu,\"loads\":%lu,\"whole\":%lu,\"cut\":%lu,"
		       "\"closed\":%lu}\n",
			b.image.data.len, b.image.n, b.loads, b.whole, b.cut, b.closed);
		bench_deinit(&b);
		return UNIT_OK;
	}
	return unit_usage("store-damage bytes|ends|limit|sectors DIR");
}

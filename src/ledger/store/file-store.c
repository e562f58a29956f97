/* SPDX-License-Identifier: ISC */

/*
 * The tokens in a file. What this store may not do, whatever happens to the disk under it:
 *
 *  - let an answer out before what it rests on is synced;
 *  - write to, rename over, cut or remove a file that it could not read whole;
 *  - append to a file, or believe what it reads from it, once a write or sync of it has failed:
 *    the kernel may have dropped the pages and called them clean;
 *  - put a new file in the old one's place before the new one is synced, or count on it before
 *    the directory is;
 *  - take back a consumption or a revocation, even one that could not be recorded;
 *  - keep an issue or an approval that could not be recorded;
 *  - take a damaged file for a torn one: only what no answer rests on may be cut off;
 *  - touch anything in the directory without holding its lock.
 *
 * `fd` is open exactly while the file may be appended to. While the store is closed for a failed
 * write the table is the truth, and a whole new file made from it is the way back.
 */

#include "ledger/store/file-store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "gate/token/token-json.h"
#include "ledger/store/journal.h"
#include "ledger/store/store-internal.h"
#include "ledger/store/tokens-file.h"

#define TOKENS_FILE "tokens.jsonl"
#define LOCK_FILE "lock"

/* What is superseded may take this much before the file is written anew. */
#define SUPERSEDED_MIN ((uint64_t)1 << 20)

struct file_store {
	struct store store; /* first: the interface's part */
	char *path;         /* of the directory, escaped, for messages */
	uid_t owner;
	int dir_fd;
	bool fresh; /* the directory may have been made just now, and not be there for good */
	int lock_fd;
	bool locked;

	int fd; /* for appending; -1 where the file may not be */
	uint64_t size;
	uint64_t batch;         /* number of the last one written */
	struct bytes lines;     /* of the batch that the next commit writes */
	size_t last_line;       /* where in it the last one begins */
	bool grown;             /* since the file was last written anew */
	uint64_t records;       /* that it was written anew with */
	uint64_t compact_after; /* the size up to which that needn't be tried again */
};

static struct file_store *file_of(struct store *store)
{
	return (struct file_store *)(void *)store;
}

/* Closes the store for a reason that names the file. */
static void __attribute__((format(printf, 3, 4)))
close_for(struct file_store *f, const char *name, const char *format, ...)
{
	cleanup(free_p) char *what = NULL;
	char *reason = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&what, format, ap);
	va_end(ap);
	if (n < 0)
		what = NULL;

	n = asprintf(&reason, "%s%s%s: %s", f->path, name ? "/" : "", name ? name : "",
		what ? what : "out of memory");
	store_close_for(&f->store, n < 0 ? NULL : reason);
}

/* The words for what file_open() and its like gave. */
static const char *open_fault(int r)
{
	return r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r);
}

static void file_free(struct store *store)
{
	struct file_store *f = file_of(store);

	close_p(&f->fd);
	close_p(&f->lock_fd);
	close_p(&f->dir_fd);
	bytes_deinit(&f->lines);
	free(f->path);
	store_deinit(store);
	free(f);
}

static int file_record(struct store *store, const struct token_change *change)
{
	struct file_store *f = file_of(store);
	size_t start = f->lines.len;
	int r;

	r = change->issued ? bytes_append(&f->lines, change->record.data, change->record.len)
			   : record_print_change(change, &f->lines);
	if (r >= 0)
		r = bytes_append_char(&f->lines, '\n');
	if (r < 0) {
		bytes_truncate(&f->lines, start);
		return r;
	}

	f->last_line = start;
	return 0;
}

static void file_unrecord(struct store *store)
{
	struct file_store *f = file_of(store);

	bytes_truncate(&f->lines, f->last_line);
}

/* Lines of a file that is written anew. */
static uint64_t n_records(const struct file_store *f)
{
	return token_table_size(&f->store.table) + (f->store.note.len > 0);
}

/*
 * Puts a whole new file, made from the table, in the old one's place. On failure the old one is
 * still there and may be appended to, but where the new one is in place and may not be durable.
 */
static int rewrite(struct file_store *f)
{
	cleanup(file_replace_deinit) struct file_replace to = FILE_REPLACE_INIT;
	uint64_t batch, size;
	bool renamed = false;
	int r;

	if (f->fresh) {
		r = file_sync_parents(f->dir_fd);
		if (r < 0)
			return r;
		f->fresh = false;
	}

	r = file_replace_begin(&to, f->dir_fd, TOKENS_FILE);
	if (r >= 0)
		r = tokens_file_write(
			to.fd, &f->store.table, &f->store.note, f->batch, &batch, &size);
	if (r >= 0)
		r = file_replace_commit(&to, &renamed);
	if (renamed) {
		close_p(&f->fd);
		f->fd = -1;
	}
	if (r < 0)
		return r;

	f->fd = file_replace_steal_fd(&to);
	f->store.loose = false;
	f->batch = batch;
	f->size = size;
	f->grown = false;
	f->records = n_records(f);
	return 0;
}

/*
 * The file can't be trusted with more: the way back is a whole new one. What of the failed batch
 * got into the file stays there: should the daemon die before that, it is safer to find a
 * revocation that nobody was told of than to lose one.
 */
static void give_up_file(struct file_store *f, int error)
{
	close_p(&f->fd);
	f->fd = -1;
	close_for(f, TOKENS_FILE, "could not be written: %s", strerror(-error));
	store_wait(&f->store);
}

/* The note comes first, in a line of its own. */
static int add_note(struct file_store *f)
{
	cleanup(bytes_deinit) struct bytes lines = BYTES_INIT(BYTES_UNLIMITED);
	const struct bytes *note = &f->store.next_note;
	int r;

	if (note->len == 0)
		return 0;

	r = bytes_appendf(&lines, "%s\n", note->data);
	if (r >= 0)
		r = bytes_append(&lines, bytes_str(&f->lines), f->lines.len);
	if (r < 0)
		return r;

	bytes_deinit(&f->lines);
	f->lines = lines;
	bytes_init(&lines, BYTES_UNLIMITED);
	return 0;
}

static int append(struct file_store *f)
{
	cleanup(bytes_deinit) struct bytes batch = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = add_note(f);
	if (r < 0)
		return r;

	r = journal_print_batch(f->batch + 1, &f->lines, &batch);
	if (r < 0)
		return r;

	r = file_write(f->fd, batch.data, batch.len);
	if (r < 0)
		return r;
	if (fdatasync(f->fd) < 0)
		return -errno;

	f->batch++;
	f->size += batch.len;
	f->grown = true;
	return 0;
}

static bool is_mostly_superseded(const struct file_store *f)
{
	uint64_t live = f->store.table.bytes;

	return f->size > live && f->size - live > live && f->size - live > SUPERSEDED_MIN
		&& f->size > f->compact_after;
}

/* The turn is on record already, so that a failure here is not its failure. */
static void compact(struct file_store *f)
{
	int r;

	r = rewrite(f);
	if (r >= 0)
		return;

	/* Not before it has doubled: trying costs as much as succeeding. */
	f->compact_after = 2 * f->size;
	bytes_appendf(&f->store.warning, "%s/%s: could not be written anew: %s", f->path,
		TOKENS_FILE, strerror(-r));
	if (f->fd < 0)
		give_up_file(f, r);
}

static int file_commit(struct store *store)
{
	struct file_store *f = file_of(store);
	bool changes = f->lines.len > 0 || store->next_note.len > 0;
	int r = 0;

	if (f->fd >= 0 && (changes || store->relied_on))
		r = store_settle(store);
	if (r >= 0 && changes)
		r = f->fd < 0 ? -EIO : append(f);
	bytes_clear(&f->lines);
	if (r < 0) {
		give_up_file(f, r);
		return r;
	}

	if (!changes)
		return 0;

	store_keep_note(store);
	if (is_mostly_superseded(f))
		compact(f);
	return 0;
}

static int file_settle(struct store *store)
{
	struct file_store *f = file_of(store);
	int r;

	if (f->fd < 0)
		return -EIO;
	if (fsync(f->dir_fd) == 0)
		return 0;

	r = -errno;
	give_up_file(f, r);
	return r;
}

static int retry_write(struct file_store *f)
{
	int r;

	r = rewrite(f);
	if (r < 0) {
		give_up_file(f, r);
		return r;
	}

	store_open(&f->store);
	bytes_appendf(&f->store.warning, "%s/%s: written anew, open again", f->path, TOKENS_FILE);
	return 0;
}

static int retry_lock(struct file_store *f, const struct moment *now)
{
	const struct retry retry = f->store.retry;
	int r;

	store_open(&f->store);
	r = file_store_lock(&f->store);
	if (r < 0)
		return r;

	/* What was read in part is neither to be believed nor to be written from. */
	r = file_store_load(&f->store, now);
	if (r < 0)
		close_for(f, TOKENS_FILE, "%s", strerror(-r));
	if (f->store.retry.waiting) {
		f->store.retry = retry; /* its pauses grow on */
		r = -EBUSY;
	}
	return r;
}

static int file_retry(struct store *store, const struct moment *now)
{
	struct file_store *f = file_of(store);

	return f->locked ? retry_write(f) : retry_lock(f, now);
}

static int file_finish(struct store *store)
{
	struct file_store *f = file_of(store);

	/* At rest it holds one line a token. */
	if (!store->readable)
		return 0;
	if (!f->grown && f->records == n_records(f) && !store->closed)
		return 0;
	return rewrite(f);
}

static const struct store_ops file_ops = {
	.kind = "file",
	.durable = true,
	.free = file_free,
	.retry = file_retry,
	.record = file_record,
	.unrecord = file_unrecord,
	.commit = file_commit,
	.settle = file_settle,
	.finish = file_finish,
};

/* Without slashes at its end, which would follow a symbolic link. */
static char *strip_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return strndup(path, len);
}

static int escape(const char *path, char **ret)
{
	struct bytes shown = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	r = text_append_escaped(&shown, path, strlen(path));
	*ret = r < 0 ? NULL : bytes_steal(&shown);
	bytes_deinit(&shown);
	return *ret ? 0 : -ENOMEM;
}

int file_store_new(const char *given, uid_t owner, struct store **ret)
{
	cleanup(free_p) char *path = strip_slashes(given);
	struct file_store *f;
	int r;

	f = calloc(1, sizeof(*f));
	if (!path || !f) {
		free(f);
		return -ENOMEM;
	}

	store_init(&f->store, &file_ops);
	f->store.readable = false;
	f->owner = owner;
	f->dir_fd = f->lock_fd = f->fd = -1;
	bytes_init(&f->lines, BYTES_UNLIMITED);
	r = escape(path, &f->path);
	if (r < 0) {
		file_free(&f->store);
		return r;
	}

	r = file_make_dir(path);
	if (r >= 0)
		r = file_open_dir(path, owner, &f->dir_fd);
	if (r != 0)
		close_for(f, NULL, "%s", open_fault(r));

	*ret = &f->store;
	return 0;
}

int file_store_lock(struct store *store)
{
	struct file_store *f = file_of(store);
	int r;

	if (store->closed)
		return 0;

	if (f->lock_fd < 0) {
		r = file_open(f->dir_fd, LOCK_FILE, O_RDWR | O_CREAT, f->owner, &f->lock_fd);
		if (r != 0) {
			close_for(f, LOCK_FILE, "%s", open_fault(r));
			return 0;
		}
	}

	if (flock(f->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return FILE_STORE_BUSY;
		close_for(f, LOCK_FILE, "%s", strerror(errno));
		return 0;
	}

	f->locked = true;
	return 0;
}

static const struct file_store *const_file_of(const struct store *store)
{
	return (const struct file_store *)(const void *)store;
}

bool file_store_is_locked(const struct store *store)
{
	return const_file_of(store)->locked;
}

int file_store_directory(const struct store *store)
{
	return const_file_of(store)->locked ? const_file_of(store)->dir_fd : -1;
}

const char *file_store_path(const struct store *store)
{
	return const_file_of(store)->path;
}

uid_t file_store_owner(const struct store *store)
{
	return const_file_of(store)->owner;
}

/* Cuts a torn end off: nobody was told anything that rests on it. */
static int cut_torn_end(struct file_store *f, int fd, const struct journal_end *end)
{
	if (end->torn == 0)
		return 0;

	if (ftruncate(fd, (off_t)end->size) < 0 || fsync(fd) < 0)
		return -errno;

	return bytes_appendf(&f->store.warning,
		"%s/%s: cut off %" PRIu64
		" bytes of a last batch that was never completed, and never answered for",
		f->path, TOKENS_FILE, end->torn);
}

/* Returns 0, or closes the store; only -ENOMEM is handed up. */
static int load_file(struct file_store *f, int fd)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	struct journal_end end;
	int r;

	r = tokens_file_load(fd, &f->store.table, &f->store.note, &end, &why);
	if (r == JOURNAL_DAMAGED) {
		close_for(f, TOKENS_FILE, "%s", bytes_str(&why));
		return 0;
	}
	if (r >= 0)
		r = cut_torn_end(f, fd, &end);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		close_for(f, TOKENS_FILE, "%s", strerror(-r));
		return 0;
	}

	f->batch = end.batch;
	f->size = end.size;
	f->grown = end.grown || end.torn > 0;
	f->records = end.records;
	f->store.readable = true;
	return 0;
}

/*
 * What was read may be in memory alone: a daemon that died between write and sync leaves pages that
 * nobody has promised to keep. Only a file that is at rest is known to last; and its name, only
 * when the directory is synced, which one that died behind its rename() never did: so do the other
 * files there, and that can wait until an answer rests on one.
 */
static int make_lasting(struct file_store *f, const struct moment *now)
{
	if (token_table_settle_times(&f->store.table, now) || f->grown)
		return rewrite(f);

	store_loosen(&f->store);
	return 0;
}

int file_store_load(struct store *store, const struct moment *now)
{
	struct file_store *f = file_of(store);
	int r, fd = -1;

	if (store->closed)
		return 0;
	if (!f->locked) {
		close_for(f, LOCK_FILE, "another daemon holds it");
		store_wait(store);
		return 0;
	}

	r = file_open(f->dir_fd, TOKENS_FILE, O_RDWR | O_APPEND, f->owner, &fd);
	if (r == -ENOENT) {
		/* A first start, or the next after a daemon that died before it had a file. */
		store->readable = true;
		f->fresh = true;
		r = rewrite(f);
		if (r < 0)
			give_up_file(f, r);
		return 0;
	}
	if (r != 0) {
		close_for(f, TOKENS_FILE, "%s", open_fault(r));
		return 0;
	}

	f->fd = fd;
	r = load_file(f, fd);
	if (r < 0 || store->closed) {
		close_p(&f->fd);
		f->fd = -1;
		return r;
	}

	r = make_lasting(f, now);
	if (r < 0)
		give_up_file(f, r);
	return 0;
}

/* SPDX-License-Identifier: ISC */

/*
 * The tokens in a file. Whatever happens to the disk, this store must not
 *
 *  - let an answer out before the record that it rests on is synced;
 *  - write to, rename over, cut or remove a file that it could not read whole;
 *  - append to a file, or trust what it reads from it, after a write or sync of it has failed: the
 *    kernel may have dropped the pages and marked them clean;
 *  - put a new file in the old one's place before the new one is synced, or count on it before
 *    the directory is synced;
 *  - take back a consumption or a revocation, even one that could not be recorded;
 *  - keep an issue or an approval that could not be recorded;
 *  - take a damaged file for a torn one: only a batch that no answer rests on may be cut off;
 *  - touch anything in the directory without holding its lock;
 *  - go on with a file that another process has touched.
 *
 * While the store is closed after a failed write, the table holds the truth, and the store opens
 * again by writing a whole new file from it.
 *
 * If another process has put something in the file's place, the table holds the truth as well. It
 * is written at once, so that no token of an older file can be spent again after a restart. The
 * other file is kept under another name, and the store stays closed.
 */

#include "ledger/store/file-store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "base/warnings.h"
#include "gate/token/token-print.h"
#include "ledger/store/file-store-internal.h"
#include "ledger/store/journal-line.h"

static struct file_store *file_of(struct store *store)
{
	return (struct file_store *)(void *)store;
}

/* Closes the store for a reason that names its file. */
static void __attribute__((format(printf, 2, 3)))
close_for(struct file_store *f, const char *format, ...)
{
	cleanup(bytes_deinit) struct bytes reason = BYTES_PRINTED;
	va_list ap;

	bytes_appendf(&reason, "%s/" TOKENS_LOG_NAME ": ", state_dir_path(f->log.dir));
	va_start(ap, format);
	bytes_vappendf(&reason, format, ap);
	va_end(ap);
	store_close_for(&f->base.store, bytes_steal(&reason));
}

void file_store_deinit(struct file_store *f)
{
	tokens_log_deinit(&f->log);
	bytes_deinit(&f->lines);
	table_store_deinit(&f->base);
}

static void file_free(struct store *store)
{
	struct file_store *f = file_of(store);

	file_store_deinit(f);
	free(f);
}

/* Adds the change's line to the next batch. */
static int add_line(struct file_store *f, const struct token_change *change)
{
	int r;

	r = change->issued ? bytes_append(&f->lines, change->record.data, change->record.len)
			   : token_print_change(change, &f->lines);
	return r < 0 ? r : bytes_append_char(&f->lines, '\n');
}

/* The line is made first, since applying the change hands the token over. */
int file_store_apply(struct store *store, struct token_change *change)
{
	struct file_store *f = file_of(store);
	size_t len = f->lines.len;
	int r;

	r = add_line(f, change);
	if (r >= 0)
		r = table_store_apply(store, change);
	if (r != STORE_DONE)
		bytes_truncate(&f->lines, len);
	return r;
}

static int rewrite(struct file_store *f)
{
	return tokens_log_rewrite(&f->log, &f->base.table, &f->base.store.note);
}

/*
 * Closes the store after a failed write; a whole new file opens it again. The failed batch may be
 * in the file in part, and is left there: if the daemon dies before the new file, a revocation that
 * was never answered is safer than a lost one.
 */
static void give_up_file(struct file_store *f, int error)
{
	tokens_log_close(&f->log);
	close_for(f, "could not be written: %s", strerror(-error));
	store_wait(&f->base.store);
}

static void warn_not_rewritten(struct file_store *f, int error)
{
	warnings_begin(&f->base.store.warning);
	bytes_appendf(&f->base.store.warning, "%s/" TOKENS_LOG_NAME ": could not be rewritten: %s",
		state_dir_path(f->log.dir), strerror(-error));
}

/* The turn is on record already, so a failure here must not fail the turn. */
static void compact(struct file_store *f)
{
	int r;

	r = rewrite(f);
	if (r >= 0)
		return;

	/* Try again only after the file has doubled: a try costs as much as a success. */
	f->log.compact_after = 2 * f->log.size;
	warn_not_rewritten(f, r);
	if (f->log.fd < 0)
		give_up_file(f, r);
}

static bool has_changes(const struct file_store *f)
{
	return f->lines.len > 0 || f->base.store.next_note.len > 0;
}

/* Syncs the directory if the turn rests on it. */
int file_store_prepare(struct store *store)
{
	struct file_store *f = file_of(store);
	bool relied_on = state_dir_take_reliance(f->log.dir);

	if (!has_changes(f))
		return f->log.fd >= 0 && relied_on ? state_dir_sync(f->log.dir) : 0;
	return f->log.fd >= 0 ? state_dir_sync(f->log.dir) : -EIO;
}

int file_store_finish(struct store *store)
{
	struct file_store *f = file_of(store);
	int r;

	if (!has_changes(f))
		return table_store_finish(store);

	r = tokens_log_append(&f->log, &store->next_note, &f->lines);
	if (r < 0)
		return r;

	bytes_clear(&f->lines);
	store_keep_note(store);
	if (tokens_log_is_mostly_superseded(&f->log, &f->base.table))
		compact(f);
	return table_store_finish(store);
}

/* `number`: of the file that file_keep_aside() has kept; 0: none. */
static void warn_rewritten(struct file_store *f, unsigned int number)
{
	struct bytes *b = &f->base.store.warning;

	warnings_begin(b);
	bytes_appendf(b, "%s/" TOKENS_LOG_NAME ": ", state_dir_path(f->log.dir));
	if (number > 0)
		bytes_appendf(b,
			"what was found in its place is kept as " TOKENS_LOG_NAME ".replaced.%u; ",
			number);
	bytes_append_str(b, "rewritten");
}

/*
 * Writes the table to a new file, once, and overwrites nothing. The store stays closed. No change
 * may be pending: a change that is not on record must not get into the file.
 */
static void settle(struct file_store *f)
{
	unsigned int number = 0;
	int r;

	if (f->settled || state_dir_fault(f->log.dir))
		return;

	f->settled = true;
	r = tokens_log_keep_aside(&f->log, &number);
	if (r >= 0)
		r = rewrite(f);
	tokens_log_close(&f->log);
	if (r < 0)
		warn_not_rewritten(f, r);
	else
		warn_rewritten(f, number);
}

void file_store_abort(struct store *store, int result)
{
	struct file_store *f = file_of(store);

	bytes_clear(&f->lines);
	table_store_abort(store, result);
	if (f->displaced)
		settle(f);
	else
		give_up_file(f, result);
}

void file_store_look(struct store *store)
{
	struct file_store *f = file_of(store);
	int r;

	if (f->log.fd < 0)
		return;

	r = state_dir_look(f->log.dir);
	if (r > 0)
		store_close_for(store, strdup(state_dir_fault(f->log.dir)));
	if (r == 0)
		r = tokens_log_look(&f->log);
	if (r > 0 && !state_dir_fault(f->log.dir))
		close_for(f, "%s", file_fault_text((enum file_fault)r));
	if (r == 0)
		return;
	if (r < 0) {
		give_up_file(f, r);
		return;
	}

	tokens_log_close(&f->log);
	f->displaced = true;
	if (!has_changes(f))
		settle(f);
}

/* Another part may have synced the directory since the last turn, and that sync may have failed. */
void file_store_check(struct store *store)
{
	struct file_store *f = file_of(store);

	if (f->log.fd >= 0 && state_dir_error(f->log.dir) < 0)
		give_up_file(f, state_dir_error(f->log.dir));
}

static int retry_write(struct file_store *f)
{
	unsigned int number = 0;
	int r;

	/* While the store was closed, nothing looked at the file. */
	r = tokens_log_is_replaced(&f->log) ? tokens_log_keep_aside(&f->log, &number) : 0;
	if (r >= 0)
		r = rewrite(f);
	if (r < 0) {
		give_up_file(f, r);
		return r;
	}

	state_dir_clear_error(f->log.dir);
	store_open(&f->base.store);
	warn_rewritten(f, number);
	return 0;
}

static void load(struct file_store *f, const struct moment *now);

int file_store_retry(struct store *store, const struct moment *now)
{
	struct file_store *f = file_of(store);
	const struct retry retry = store->retry;

	if (state_dir_is_locked(f->log.dir))
		return retry_write(f);

	store_open(store);
	load(f, now);
	if (!store->retry.waiting)
		return 0;

	store->retry = retry; /* the pauses keep growing */
	return -EBUSY;
}

static int file_retry(struct store *store, const struct moment *now)
{
	const bool rewrites = state_dir_is_locked(file_of(store)->log.dir);
	int r;

	r = file_store_retry(store, now);
	if (r >= 0 && rewrites)
		bytes_append_str(&store->warning, ", open again");
	return r;
}

int file_store_rest(struct store *store)
{
	struct file_store *f = file_of(store);

	/* At rest, the file holds one line for each token. */
	if (!store->readable || f->displaced)
		return 0;
	if (!store->closed && tokens_log_is_at_rest(&f->log, &f->base.table, &store->note))
		return 0;
	return rewrite(f);
}

static const struct store_ops file_ops = {
	.kind = "file",
	.durable = true,
	.free = file_free,
	.check = file_store_check,
	.retry = file_retry,
	.look = file_store_look,
	TABLE_STORE_READS,
	.measure = table_store_measure,
	.apply = file_store_apply,
	.prepare = file_store_prepare,
	.finish = file_store_finish,
	.abort = file_store_abort,
	.rest = file_store_rest,
};

/*
 * Makes the tokens that were read durable. A daemon that died between write and sync leaves pages
 * that may never get to the disk, so a file with appended batches is rewritten. A file at rest was
 * synced, but its name may not be: the daemon may have died directly after its rename(). The same
 * holds for the other files in the directory. The directory is synced before the first answer that
 * rests on one of them.
 */
static int make_lasting(struct file_store *f, const struct moment *now)
{
	if (token_table_settle_times(&f->base.table, now) || f->log.grown)
		return rewrite(f);

	state_dir_set_unsynced(f->log.dir);
	return 0;
}

static void warn_torn(struct file_store *f, uint64_t torn)
{
	warnings_begin(&f->base.store.warning);
	bytes_appendf(&f->base.store.warning,
		"%s/" TOKENS_LOG_NAME ": cut off %" PRIu64
		" byte%s of a last batch that was never completed, and never answered for",
		state_dir_path(f->log.dir), torn, text_plural(torn));
}

/* Reads the tokens; after that the store is open, or closed with a reason. */
static void load_locked(struct file_store *f, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	uint64_t torn = 0;
	int r;

	r = tokens_log_load(&f->log, &f->base.table, &f->base.store.note, &torn, &why);
	if (r < 0 || r == TOKENS_LOG_REFUSED) {
		close_for(f, "%s", r < 0 ? strerror(-r) : bytes_str(&why));
		return;
	}

	f->base.store.readable = true;
	if (torn > 0)
		warn_torn(f, torn);
	/* Without a file: the first start, or a daemon died before it had one. */
	r = r == TOKENS_LOG_NONE ? rewrite(f) : make_lasting(f, now);
	if (r < 0)
		give_up_file(f, r);
}

static void load(struct file_store *f, const struct moment *now)
{
	char *reason = NULL;

	switch (state_dir_lock(f->log.dir)) {
	case STATE_DIR_LOCKED:
		load_locked(f, now);
		break;
	case STATE_DIR_BUSY:
		if (asprintf(
			    &reason, "%s/lock: another daemon holds it", state_dir_path(f->log.dir))
			< 0)
			reason = NULL;
		store_close_for(&f->base.store, reason);
		store_wait(&f->base.store);
		break;
	case STATE_DIR_REFUSED:
		store_close_for(&f->base.store, strdup(state_dir_fault(f->log.dir)));
		break;
	}
}

void file_store_init(struct file_store *f, const struct store_ops *ops, struct state_dir *dir,
	const struct moment *now)
{
	*f = (struct file_store){ .settled = false };
	table_store_init(&f->base, ops);
	f->base.store.readable = false;
	tokens_log_init(&f->log, dir);
	bytes_init(&f->lines, JOURNAL_BATCH_MAX);
	load(f, now);
}

int file_store_new(struct state_dir *dir, const struct moment *now, struct store **ret)
{
	struct file_store *f;

	f = malloc(sizeof(*f));
	if (!f)
		return -ENOMEM;

	file_store_init(f, &file_ops, dir, now);
	*ret = &f->base.store;
	return 0;
}

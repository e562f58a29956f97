/* SPDX-License-Identifier: ISC */

#include "ledger/store/tokens-log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ledger/store/journal-line.h"
#include "ledger/store/tokens-file.h"

/* The file is not rewritten before it has this many bytes of outdated lines. */
#define SUPERSEDED_MIN ((uint64_t)1 << 20)

void tokens_log_init(struct tokens_log *log, struct state_dir *dir)
{
	*log = (struct tokens_log){ .dir = dir, .fd = -1, .mark = TOKENS_MARK_INIT };
}

void tokens_log_deinit(struct tokens_log *log)
{
	tokens_log_close(log);
	tokens_mark_deinit(&log->mark);
}

void tokens_log_close(struct tokens_log *log)
{
	close_p(&log->fd);
	log->fd = -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_tokens(struct tokens_log *log, struct token_table *table, struct bytes *note,
	uint64_t *ret_torn, struct bytes *why)
{
	struct journal_end end;
	int r;

	r = tokens_file_load(log->fd, &log->mark.last, table, note, &end, why);
	if (r != 0)
		return r < 0 ? r : TOKENS_LOG_REFUSED;
	if (end.older)
		return bytes_refuse(why, TOKENS_LOG_REFUSED,
			"older than " TOKENS_MARK_NAME ", which knows of batch %" PRIu64
			": put the newer file back, or remove this one to begin without tokens",
			log->mark.last.batch);
	if (end.torn > 0 && (ftruncate(log->fd, (off_t)end.size) < 0 || fsync(log->fd) < 0))
		return -errno;

	file_see(log->fd, &log->seen);
	if (end.last.batch != 0)
		log->last = end.last;
	log->size = end.size;
	log->grown = end.grown || end.torn > 0 || end.old;
	log->records = end.records;
	*ret_torn = end.torn;
	return 0;
}

int tokens_log_load(struct tokens_log *log, struct token_table *table, struct bytes *note,
	uint64_t *ret_torn, struct bytes *why)
{
	int r;

	r = tokens_mark_open(&log->mark, log->dir);
	if (r != 0)
		return bytes_refuse(why, TOKENS_LOG_REFUSED, "%s, which tells how far it goes: %s",
			TOKENS_MARK_NAME,
			r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r));

	log->last = log->mark.last;
	r = file_open(state_dir_fd(log->dir), TOKENS_LOG_NAME, O_RDWR | O_APPEND,
		state_dir_owner(log->dir), &log->fd);
	if (r == -ENOENT) {
		log->fresh = true;
		return TOKENS_LOG_NONE;
	}
	if (r > 0)
		return bytes_refuse(
			why, TOKENS_LOG_REFUSED, "%s", file_fault_text((enum file_fault)r));
	if (r < 0)
		return r;

	r = read_tokens(log, table, note, ret_torn, why);
	if (r != 0)
		tokens_log_close(log);
	return r;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The number of lines in a file that is rewritten. */
static uint64_t n_records(const struct token_table *table, const struct bytes *note)
{
	return token_table_size(table) + (note->len > 0);
}

int tokens_log_rewrite(
	struct tokens_log *log, const struct token_table *table, const struct bytes *note)
{
	cleanup(file_replace_deinit) struct file_replace to = FILE_REPLACE_INIT;
	struct journal_mark last = log->last;
	uint64_t size;
	bool renamed = false;
	int r;

	if (log->fresh) {
		r = file_sync_parents(state_dir_fd(log->dir));
		if (r < 0)
			return r;
		log->fresh = false;
	}

	r = file_replace_begin(&to, state_dir_fd(log->dir), TOKENS_LOG_NAME);
	if (r >= 0)
		r = tokens_file_write(to.fd, table, note, &last, &size);
	if (r >= 0)
		r = state_dir_replace(log->dir, &to, &renamed);
	if (renamed) {
		tokens_log_close(log);
		file_see(to.fd, &log->seen);
	}
	if (r >= 0)
		r = tokens_mark_write(&log->mark, log->dir, &last);
	if (r < 0)
		return r;

	log->fd = file_replace_steal_fd(&to);
	log->last = last;
	log->size = size;
	log->grown = false;
	log->records = n_records(table, note);
	return 0;
}

int tokens_log_append(struct tokens_log *log, const struct bytes *note, const struct bytes *lines)
{
	cleanup(bytes_deinit) struct bytes batch = BYTES_PRINTED;
	cleanup(bytes_deinit) struct bytes noted = BYTES_INIT(JOURNAL_BATCH_MAX);
	struct journal_mark last;
	int r;

	if (note->len > 0) {
		bytes_appendf(&noted, "%s\n", note->data);
		bytes_append(&noted, bytes_str(lines), lines->len);
		lines = &noted;
	}
	r = bytes_error(lines);
	if (r >= 0)
		r = journal_print_batch(log->last.batch + 1, lines, &batch);
	if (r >= 0)
		r = file_write(log->fd, batch.data, batch.len);
	if (r < 0)
		return r;
	if (fdatasync(log->fd) < 0)
		return -errno;

	/*
	 * Write the mark too: without it, an older file could be put in this one's place unnoticed.
	 */
	journal_mark_of(log->last.batch + 1, batch.data, &last);
	r = tokens_mark_write(&log->mark, log->dir, &last);
	if (r < 0)
		return r;

	file_see(log->fd, &log->seen);
	log->last = last;
	log->size += batch.len;
	log->grown = true;
	return 0;
}

/* --- looking ---------------------------------------------------------------------------------- */

bool tokens_log_is_mostly_superseded(const struct tokens_log *log, const struct token_table *table)
{
	const uint64_t live = table->bytes;

	return log->size > live && log->size - live > live && log->size - live > SUPERSEDED_MIN
		&& log->size > log->compact_after;
}

bool tokens_log_is_at_rest(
	const struct tokens_log *log, const struct token_table *table, const struct bytes *note)
{
	return !log->grown && log->records == n_records(table, note)
		&& log->mark.last.batch == log->last.batch;
}

int tokens_log_look(struct tokens_log *log)
{
	return file_look(state_dir_fd(log->dir), TOKENS_LOG_NAME, log->size, &log->seen);
}

bool tokens_log_is_replaced(const struct tokens_log *log)
{
	struct stat st;

	return log->seen.ino != 0
		&& fstatat(state_dir_fd(log->dir), TOKENS_LOG_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0
		&& (st.st_dev != log->seen.dev || st.st_ino != log->seen.ino);
}

int tokens_log_keep_aside(struct tokens_log *log, unsigned int *ret_number)
{
	return file_keep_aside(state_dir_fd(log->dir), TOKENS_LOG_NAME, ret_number);
}

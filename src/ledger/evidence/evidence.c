/* SPDX-License-Identifier: ISC */

/*
 * The log. A turn goes to disk in this order, and a crash may come after each step:
 *
 *	1. the store's batch, with a note: the turn's records begin with sequence S, and which of
 *	   them are about tokens that the batch changes (ledger/evidence/recovery-note)
 *	2. the log's records, appended in one write
 *	3. fdatasync of the log
 *	4. the mark: the log's new size, last sequence and last hash (ledger/evidence/head-file)
 *	5. the replies
 *
 * - Before 1 is synced, nothing happened: the store cuts a torn batch off, and the log ends before
 *   S.
 * - After 1, the store names sequences that the log lacks. No reply was sent, so no command ran.
 *   Each missing record is written as `recovered`: with the token as the store has it, or with the
 *   change of the allowlist. If the turn changed neither, there is no batch and nothing is missing.
 * - During 2 and 3, the log may have any part of the turn's records after the last mark. Whole
 *   records are kept: they say what was decided. A torn end is cut off, and a record says so. Then
 *   the missing records are recovered as above.
 * - After 3, or if a power cut loses marks that were not synced, the log is longer than the mark
 *   says: it is read on from the mark, and the next mark covers the rest.
 *
 * So a token whose allow is on record can't be spent again, since 1 is before 2; and no mark is
 * ahead of the log, since 3 is before 4. If a log ends before its mark, or has another record
 * there, another program changed it. A store whose note names S proves that S - 1 was acknowledged,
 * even if the mark is lost.
 *
 * After a failed write or sync, the log is cut back to the last mark and closed. It is trusted
 * again only after it was read as at a start.
 */

#include "ledger/evidence/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "base/warnings.h"
#include "ledger/evidence/evidence-internal.h"
#include "ledger/evidence/segment.h"

#define PRODUCT "firma"

/* --- closed and open -------------------------------------------------------------------------- */

void evidence_close_for(struct evidence *e, bool waiting, const char *format, ...)
{
	va_list ap;

	close_p(&e->fd);
	e->fd = -1;
	bytes_clear(&e->closed);
	bytes_appendf(&e->closed, "%s: ", bytes_str(&e->shown));
	va_start(ap, format);
	bytes_vappendf(&e->closed, format, ap);
	va_end(ap);
	if (waiting)
		retry_begin(&e->retry);
	else
		retry_end(&e->retry);
	e->for_store = false;
}

const char *evidence_closed(const struct evidence *e)
{
	if (e->fd >= 0)
		return NULL;
	return e->closed.len > 0 ? e->closed.data : "evidence: out of memory";
}

bool evidence_is_waiting(const struct evidence *e)
{
	return e->retry.waiting && !e->for_store;
}

uint64_t evidence_due(const struct evidence *e)
{
	return evidence_is_waiting(e) ? retry_due(&e->retry) : CLOCK_NEVER;
}

void evidence_warn(struct evidence *e, const char *format, ...)
{
	va_list ap;

	warnings_begin(&e->warning);
	bytes_appendf(&e->warning, "%s: ", bytes_str(&e->shown));
	va_start(ap, format);
	bytes_vappendf(&e->warning, format, ap);
	va_end(ap);
}

bool evidence_take_warning(struct evidence *e, struct bytes *b)
{
	return warnings_take(&e->warning, b);
}

struct chain_head evidence_head(const struct evidence *e)
{
	return e->mark.head;
}

const char *evidence_path(const struct evidence *e)
{
	return bytes_str(&e->shown);
}

uint64_t evidence_size(const struct evidence *e)
{
	return e->mark.size;
}

int evidence_fd(const struct evidence *e)
{
	return e->fd;
}

const struct evidence_key *evidence_signing_key(const struct evidence *e)
{
	return e->key;
}

int evidence_open_file(
	struct evidence *e, const char *path, int flags, int *ret_fd, struct bytes *why)
{
	cleanup(close_p) int fd = -1;
	int r;

	r = file_open_shared(AT_FDCWD, path, flags, e->owner, e->readers, &fd);
	if (r > 0)
		bytes_append_str(why, file_fault_text((enum file_fault)r));
	if (r != 0)
		return r;

	r = file_share(fd, e->readers);
	if (r != 0) {
		bytes_appendf(why, "can't be made readable for group %u alone: %s",
			(unsigned int)e->readers,
			r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r));
		return r;
	}
	*ret_fd = steal_fd(&fd);
	return 0;
}

int evidence_sync_name(const struct evidence *e)
{
	cleanup(close_p) int dir_fd = -1;
	cleanup(free_p) char *copy = strdup(e->path);

	if (!copy)
		return -ENOMEM;

	dir_fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 || fsync(dir_fd) < 0 ? -errno : 0;
}

/* --- records ---------------------------------------------------------------------------------- */

static int print_tail(const struct evidence_entry *entry, uint64_t wall, struct bytes *b)
{
	const char *approval = entry->approval ? entry->approval : "";
	size_t len = strlen(entry->request) + strlen(entry->response) + strlen(approval)
		+ strlen(entry->peer);
	char *end;
	int r;

	/* Reserve the space at once, so that long texts are copied only once. */
	bytes_reserve(b, len + 128, &end);
	bytes_append_str(b, ",\"timestamp\":\"");
	r = notation_append_time_ns(b, wall);
	return r < 0 ? r
		     : bytes_append_strs(b, "\",\"request\":", entry->request,
			     ",\"response\":", entry->response, approval[0] ? ",\"approval\":" : "",
			     approval, ",\"peer\":", entry->peer);
}

void evidence_make_id(char ret[static EVIDENCE_ID_LEN + 1])
{
	uint8_t id[EVIDENCE_ID_LEN / 2];

	randombytes_buf(id, sizeof(id));
	notation_hex(id, sizeof(id), ret);
}

int evidence_add(struct evidence *e, const struct evidence_entry *entry, const struct moment *now,
	char ret_id[static EVIDENCE_ID_LEN + 1])
{
	cleanup(bytes_deinit) struct bytes before = BYTES_PRINTED, tail = BYTES_PRINTED;
	char sequence[NOTATION_DECIMAL_MAX + 1], hash[CHAIN_HASH_LEN + 1];
	const char *previous = e->next.head.hash;
	size_t start = e->batch.len;
	int r;

	if (entry->id)
		memcpy(ret_id, entry->id, EVIDENCE_ID_LEN + 1);
	else
		evidence_make_id(ret_id);
	notation_decimal(e->next.head.sequence + 1, sequence);
	bytes_append_strs(&before,
		"{\"schema_version\":\"" CHAIN_SCHEMA_FIRMA "\",\"product\":\"" PRODUCT
		"\",\"event_type\":\"",
		entry->event, "\",\"record_id\":\"", ret_id, "\",\"sequence\":", sequence, ",");
	if (previous[0])
		bytes_append_strs(&before, "\"previous_hash\":\"", previous, "\",");

	r = bytes_error(&before);
	if (r >= 0)
		r = print_tail(entry, now->clock.wall, &tail);
	if (r >= 0)
		r = chain_print(bytes_str(&before), &tail, previous, e->key, &e->batch, hash);
	if (r < 0)
		return r;

	e->next.size += e->batch.len - start;
	e->next.head.sequence++;
	memcpy(e->next.head.hash, hash, sizeof(hash));
	return 0;
}

void evidence_drop(struct evidence *e)
{
	bytes_clear(&e->batch);
	e->next = e->mark;
}

static int write_batch(struct evidence *e)
{
	int r;

	r = file_write(e->fd, e->batch.data, e->batch.len);
	if (r < 0)
		return r;
	if (fdatasync(e->fd) < 0)
		return -errno;

	file_see(e->fd, &e->seen);
	return 0;
}

/*
 * Cuts off the rest of the failed write. If that fails as well, the next try to open the log deals
 * with the rest.
 */
void evidence_give_up(struct evidence *e, int error)
{
	if (ftruncate(e->fd, (off_t)e->mark.size) < 0 || fdatasync(e->fd) < 0)
		evidence_warn(
			e, "could not be cut back to its last good size: %s", strerror(errno));
	evidence_close_for(e, true, "could not be written: %s", strerror(-error));
	evidence_drop(e);
}

void evidence_set_noted(struct evidence *e, uint64_t first)
{
	e->next.noted = first;
}

int evidence_commit(struct evidence *e)
{
	int r;

	if (e->batch.len == 0)
		return 0;
	if (e->fd < 0) {
		evidence_drop(e);
		return -EIO;
	}

	r = write_batch(e);
	if (r < 0) {
		evidence_give_up(e, r);
		return r;
	}
	/* The records are on disk, so they stay; the mark is found again when the log is opened. */
	r = head_file_write(&e->head_file, &e->next);
	if (r < 0) {
		evidence_close_for(e, true, "%s: %s", HEAD_FILE_NAME, strerror(-r));
		evidence_drop(e);
		return r;
	}

	e->mark = e->next;
	bytes_clear(&e->batch);
	return 0;
}

void evidence_look(struct evidence *e)
{
	const char *name = "", *hint = "";
	int r;

	if (e->fd < 0)
		return;

	r = file_look(AT_FDCWD, e->path, e->mark.size, &e->seen);
	if (r == FILE_GONE || r == FILE_REPLACED || r == FILE_SHORTER)
		hint = SEGMENT_HINT;
	if (r == 0 && e->head_file.fd >= 0) {
		name = HEAD_FILE_NAME ", which tells how far it goes, ";
		r = file_look(state_dir_fd(e->state_dir), HEAD_FILE_NAME, 2 * HEAD_FILE_SLOT,
			&e->head_file.seen);
	}
	if (r == 0)
		return;

	evidence_close_for(e, r < 0, "%s%s%s", name,
		r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r), hint);
	evidence_drop(e);
}

int evidence_finish(struct evidence *e)
{
	int r;

	e->mark.noted = 0;
	r = head_file_write(&e->head_file, &e->mark);
	return r < 0 ? r : head_file_sync(&e->head_file);
}

/* --- reports ---------------------------------------------------------------------------------- */

bool evidence_may_report(struct evidence *e, const char *id, uid_t uid)
{
	return e->fd >= 0 && open_runs_read(&e->runs, e->fd, e->mark.size) >= 0
		&& open_runs_find(&e->runs, id, uid);
}

void evidence_take_report(struct evidence *e, const char *id, uid_t uid)
{
	struct open_run *run = open_runs_find(&e->runs, id, uid);

	if (run)
		run->is_open = false;
}

void evidence_note_allow(struct evidence *e, const char *id, uid_t uid)
{
	open_runs_add(&e->runs, id, uid);
}

/* --- life ------------------------------------------------------------------------------------- */

/* A key that can't be taken closes the log for good. */
static int load_key(
	struct evidence *e, const struct evidence_key_option *o, struct evidence_key **ret)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_PRINTED, why = BYTES_PRINTED;
	int r;

	if (!o->path)
		return 0;

	r = evidence_key_load(o->path, o->kind, e->owner, o->is_credential, ret, &why);
	if (r >= 0 && text_append_escaped(&shown, o->path, strlen(o->path)) < 0)
		r = -ENOMEM;
	if (r == EVIDENCE_KEY_REFUSED)
		evidence_close_for(e, false, "the key %s %s", bytes_str(&shown), bytes_str(&why));
	return r < 0 ? r : 0;
}

int evidence_new(const struct evidence_options *o, struct evidence **ret)
{
	cleanup(evidence_free_p) struct evidence *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;

	e->fd = -1;
	e->head_file = (struct head_file)HEAD_FILE_INIT;
	e->owner = o->owner;
	e->readers = o->readers;
	e->for_store = true;
	e->changes = o->changes;
	e->may_be_lost = o->old_key_lost;
	e->max_size = e->rotate_at = o->max_size;
	bytes_init(&e->shown, BYTES_PRINTED_MAX);
	bytes_init(&e->batch, BYTES_PRINTED_MAX);
	bytes_init(&e->closed, BYTES_PRINTED_MAX);
	bytes_init(&e->warning, BYTES_PRINTED_MAX);
	e->path = strdup(o->path);
	e->state_dir = o->state_dir;
	if (!e->path)
		return -ENOMEM;

	r = text_append_escaped(&e->shown, o->path, strlen(o->path));
	if (r >= 0)
		r = load_key(e, &o->key, &e->key);
	if (r >= 0)
		r = load_key(e, &o->old_key, &e->old_key);
	if (r < 0)
		return r;

	*ret = steal_ptr(e);
	return 0;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;

	close_p(&e->fd);
	head_file_deinit(&e->head_file);
	evidence_key_free(e->key);
	evidence_key_free(e->old_key);
	evidence_key_free(e->next_key);
	open_runs_deinit(&e->runs);
	bytes_deinit(&e->shown);
	bytes_deinit(&e->batch);
	bytes_deinit(&e->closed);
	bytes_deinit(&e->warning);
	free(e->path);
	free(e);
}

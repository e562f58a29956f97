/* SPDX-License-Identifier: ISC */

/*
 * Rotation. The log becomes a closed segment, and a new log goes on with its chain:
 *
 *	1. the log is renamed to the name of the segment that it will be
 *	2. the record `closed` is added to it, and synced, with the mark
 *	3. an empty log is created
 *	4. the mark says: no bytes yet, after that last record; it is synced
 *	5. the record `continues` is added to the new log
 *
 * After a crash in between there is a segment that the mark doesn't know: evidence_resume() goes on
 * from there. It takes the renaming back if `closed` was not written.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json/writer.h"
#include "ledger/evidence/evidence-internal.h"
#include "ledger/evidence/log-check.h"
#include "ledger/evidence/segment.h"

/*
 * After a failed rotation for size, the log may grow by this part of the limit before the next try.
 */
#define RETRY_PART 16

/* "next_key":{"algorithm":"Ed25519","key_id":"5f3c…"}; null: no signatures from now on. */
static void write_next_key(struct writer *w, const struct evidence_key *key)
{
	if (!key) {
		writer_raw(w, "next_key", "null", strlen("null"));
		return;
	}
	writer_object(w, "next_key");
	writer_string(w, "algorithm", signature_algorithm_name(evidence_key_algorithm(key)));
	writer_string(w, "key_id", evidence_key_id(key));
	writer_end(w);
}

static int add_boundary(struct evidence *e, const char *event, const char *key, uint64_t last,
	const char *reason, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED, response = BYTES_PRINTED,
					   path = BYTES_PRINTED;
	char id[EVIDENCE_ID_LEN + 1];
	struct writer w;
	int r;

	r = segment_append_path(&path, bytes_str(&e->shown), last);
	if (r < 0)
		return r;

	writer_init(&w, &request);
	writer_object(&w, NULL);
	writer_string(&w, key, basename(path.data));
	if (e->changing)
		write_next_key(&w, e->next_key);
	if (e->lost)
		writer_bool(&w, "old_key_lost", true);
	writer_end(&w);
	r = writer_finish(&w);
	writer_init(&w, &response);
	writer_object(&w, NULL);
	writer_string(&w, "reason", reason);
	writer_end(&w);
	if (r >= 0)
		r = writer_finish(&w);
	return r < 0 ? r
		     : evidence_add(e,
			     &(struct evidence_entry){
				     .event = event,
				     .request = request.data,
				     .response = response.data,
				     .peer = "null",
			     },
			     now, id);
}

int evidence_add_continues(struct evidence *e, const struct moment *now)
{
	return add_boundary(e, "continues", "continues", e->mark.head.sequence,
		e->lost ? "the old key is lost: no record that is signed with it vouches for this "
			  "segment, which continues the chain"
			: "the log was rotated: this segment goes on with its chain",
		now);
}

static int add_closed(struct evidence *e, const struct moment *now)
{
	return add_boundary(e, "closed", "segment", e->mark.head.sequence + 1,
		e->changing ? "the key is changed: this is the last record that is signed in the "
			      "old way"
			    : "the log was rotated: this is the last record of this segment",
		now);
}

/* Either the file has its new name for good, or its old one. */
static int rename_durably(const struct evidence *e, const char *from, const char *to)
{
	int r;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return -errno;

	r = evidence_sync_name(e);
	if (r < 0)
		(void)renameat2(AT_FDCWD, to, AT_FDCWD, from, RENAME_NOREPLACE);
	return r;
}

/* Creates the next log, and goes on in it. */
static int begin_log(struct evidence *e)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r;

	r = evidence_open_file(e, e->path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, &fd, &why);
	if (r != 0)
		return r < 0 ? r : -EPERM;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	r = evidence_sync_name(e);
	if (r < 0)
		return r;

	close_p(&e->fd);
	e->fd = steal_fd(&fd);
	file_see(e->fd, &e->seen);
	e->segment = e->mark.head.sequence;
	e->mark.size = 0;
	e->next = e->mark;
	r = head_file_write(&e->head_file, &e->mark);
	return r < 0 ? r : head_file_sync(&e->head_file);
}

static int close_segment(struct evidence *e, const struct moment *now)
{
	int r;

	r = add_closed(e, now);
	if (r < 0) {
		evidence_give_up(e, r);
		return r;
	}
	return evidence_commit(e);
}

static int continue_log(struct evidence *e, const struct moment *now)
{
	int r;

	r = begin_log(e);
	if (r < 0) {
		evidence_close_for(e, true, "it could not be begun again: %s", strerror(-r));
		return r;
	}
	evidence_take_next_key(e);
	r = evidence_add_continues(e, now);
	if (r < 0) {
		evidence_give_up(e, r);
		return r;
	}
	return evidence_commit(e);
}

int evidence_append_segment(const struct evidence *e, struct bytes *b)
{
	return segment_append_path(b, bytes_str(&e->shown), e->segment);
}

int evidence_rotate(struct evidence *e, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes segment = BYTES_PRINTED;
	uint64_t last;
	int r;

	if (e->fd < 0)
		return -EIO;

	/* Allows of the closed segment may still be reported. */
	(void)open_runs_read(&e->runs, e->fd, e->mark.size);
	/* After a crash, the directory must be readable. */
	r = segment_find(e->path, 1, false, &last);
	if (r >= 0)
		r = segment_append_path(&segment, e->path, e->mark.head.sequence + 1);
	if (r >= 0)
		r = rename_durably(e, e->path, bytes_str(&segment));
	file_see(e->fd, &e->seen);
	if (r >= 0)
		r = close_segment(e, now);
	return r < 0 ? r : continue_log(e, now);
}

int evidence_leave_lost(struct evidence *e)
{
	cleanup(bytes_deinit) struct bytes segment = BYTES_PRINTED;
	uint64_t last;
	int r;

	r = segment_find(e->path, 1, false, &last);
	if (r >= 0)
		r = segment_append_path(&segment, e->path, e->mark.head.sequence);
	if (r >= 0)
		r = rename_durably(e, e->path, bytes_str(&segment));
	return r < 0 ? r : begin_log(e);
}

void evidence_rotate_large(struct evidence *e, const struct moment *now)
{
	int r;

	if (e->max_size == 0 || e->fd < 0 || e->mark.size < e->rotate_at)
		return;

	r = evidence_rotate(e, now);
	e->rotate_at = e->max_size;
	if (r < 0 && e->fd >= 0) {
		e->rotate_at = e->mark.size + e->max_size / RETRY_PART;
		evidence_warn(e, "could not be rotated: %s", strerror(-r));
	}
}

/* --- after a crash ---------------------------------------------------------------------------- */

static int open_segment(
	struct evidence *e, const char *path, int flags, int *ret_fd, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes reason = BYTES_PRINTED;
	int r;

	r = evidence_open_file(e, path, flags, ret_fd, &reason);
	if (reason.len > 0)
		bytes_appendf(why, "the segment %s %s", path, bytes_str(&reason));
	return r > 0 ? LOG_REFUSED : r;
}

/* Reads the segment from the mark on. */
static int read_segment(
	struct evidence *e, const char *path, struct log_end *ret, struct bytes *why)
{
	cleanup(close_p) int fd = -1;
	int r;

	r = open_segment(e, path, O_RDWR, &fd, why);
	return r != 0 ? r : evidence_check(e, fd, ret, why);
}

/* Goes on from a segment that ends with the record `last`, and in which the mark is. */
static int resume_from(struct evidence *e, uint64_t last, bool *ret_begin, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes path = BYTES_PRINTED;
	struct log_end end = { 0 };
	int r;

	r = segment_append_path(&path, e->path, last);
	if (r >= 0)
		r = read_segment(e, bytes_str(&path), &end, why);
	if (r != 0)
		return r;

	if (end.mark.head.sequence == last && end.torn == 0) {
		e->mark = end.mark;
		e->mark.size = 0;
		evidence_take_next_key(e);
		*ret_begin = true;
		return 0;
	}
	if (end.mark.head.sequence == last - 1) /* `closed` may be torn */
		return rename_durably(e, bytes_str(&path), e->path);
	return bytes_refuse(why, LOG_REFUSED,
		"the segment that was closed last ends with record %" PRIu64,
		end.mark.head.sequence);
}

/* Without a mark, takes the end of the newest segment as the segment itself gives it. */
static int find_mark(struct evidence *e, uint64_t last, struct bytes *why)
{
	cleanup(bytes_deinit) struct bytes path = BYTES_PRINTED;
	cleanup(close_p) int fd = -1;
	int r;

	r = segment_append_path(&path, e->path, last);
	if (r >= 0)
		r = open_segment(e, bytes_str(&path), O_RDONLY, &fd, why);
	return r != 0 ? r : log_find_mark(fd, &e->mark, why);
}

/* Whether the log is missing or empty. */
static bool is_empty(const struct evidence *e)
{
	struct stat st;

	return stat(e->path, &st) < 0 ? errno == ENOENT : S_ISREG(st.st_mode) && st.st_size == 0;
}

int evidence_resume(struct evidence *e, bool marked, bool *ret_begin, struct bytes *why)
{
	const struct log_position *mark = &e->mark;
	uint64_t last = 0;
	int r;

	*ret_begin = false;
	/* Nothing is written to a new log before the mark is in it. */
	if (!is_empty(e))
		return 0;
	r = segment_find(
		e->path, marked ? mark->head.sequence + (mark->size == 0) : 1, !marked, &last);
	/* If the directory can't be searched, this daemon can't have made a segment in it. */
	if (r == -EACCES || r == -ENOENT)
		return 0;
	if (r < 0 || last == 0 || (!marked && e->state_dir))
		return r;

	r = marked ? 0 : find_mark(e, last, why);
	return r == 0 ? resume_from(e, last, ret_begin, why) : r;
}

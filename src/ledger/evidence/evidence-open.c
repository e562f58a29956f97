/* SPDX-License-Identifier: ISC */

/*
 * Opens a log: compares its end with the mark, and adds the records that the store's note names and
 * the log lacks. Only after that may new records be added.
 */

#include "ledger/evidence/evidence-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json/writer.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/allowlist/allow-change.h"
#include "gate/token/token-print.h"
#include "ledger/evidence/log-check.h"
#include "ledger/evidence/recovery-note.h"
#include "ledger/evidence/segment.h"
#include "ledger/evidence/spent-tokens.h"

#define UNANSWERED "the daemon ended before this was recorded; nobody was answered"

/* Why opening failed: the text in `why`, or else the meaning of the errno. */
static const char *reason(const struct bytes *why, int r)
{
	return why->len > 0 ? why->data : strerror(-r);
}

/* Opens the log and takes its lock. False: the log is closed now. */
static bool open_log(struct evidence *e, bool expected)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	int r;

	r = evidence_open_file(e, e->path, O_RDWR | O_APPEND, &e->fd, &why);
	if (r == -ENOENT && expected) {
		evidence_close_for(e, false,
			"it is gone, and had %" PRIu64 " record%s" SEGMENT_HINT,
			e->mark.head.sequence, text_plural(e->mark.head.sequence));
		return false;
	}
	if (r == -ENOENT)
		r = evidence_open_file(
			e, e->path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, &e->fd, &why);
	/* The daemon that created the file may have died before it synced the name. */
	if (r == 0 && !expected)
		r = evidence_sync_name(e);
	if (r != 0) {
		evidence_close_for(e, r < 0, "%s", reason(&why, r));
		return false;
	}
	if (flock(e->fd, LOCK_EX | LOCK_NB) < 0) {
		evidence_close_for(
			e, true, errno == EWOULDBLOCK ? "another process holds it" : "%m");
		return false;
	}
	return true;
}

/* Reads the mark; *ret_known is whether there is one. False: the log is closed now. */
static bool read_mark(struct evidence *e, bool *ret_known)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	int r;

	*ret_known = false;
	if (!e->state_dir)
		return true;

	r = head_file_open(&e->head_file, e->state_dir, &e->mark, &why);
	*ret_known = r == 0;
	if (r == 0 || r == -ENOENT)
		return true;

	evidence_close_for(e, r < 0, "%s, which tells how far it goes: %s", HEAD_FILE_NAME,
		r < 0 ? strerror(-r) : bytes_str(&why));
	return false;
}

/*
 * A log without a mark. It must be empty; but without a state directory no mark is ever kept, and
 * the log goes on after its last record.
 */
static int adopt(struct evidence *e, struct bytes *why)
{
	struct log_position mark;
	int r;

	r = log_find_mark(e->fd, &mark, why);
	if (r != 0)
		return r;

	if (e->state_dir) {
		if (mark.size > 0 || lseek(e->fd, 0, SEEK_END) > 0) {
			r = bytes_append_str(
				why, "it is another's: nothing is known of its records here");
			return r < 0 ? r : LOG_REFUSED;
		}
		r = head_file_create(&e->head_file, e->state_dir);
	}
	e->mark = mark;
	return r;
}

/* Cuts a torn end off, and syncs the rest. */
static int settle(struct evidence *e, const struct log_end *end)
{
	int r;

	if (end->torn > 0) {
		if (ftruncate(e->fd, (off_t)end->mark.size) < 0)
			return -errno;
		evidence_warn(e,
			"cut off %" PRIu64
			" byte%s at its end, which %s never written whole, and never answered for",
			end->torn, text_plural(end->torn), end->torn == 1 ? "was" : "were");
	}
	if (fdatasync(e->fd) < 0)
		return -errno;

	file_see(e->fd, &e->seen);
	e->mark = e->next = end->mark;
	r = head_file_write(&e->head_file, &e->mark);
	/* A new segment: its first record must not be on disk before this mark. */
	if (r >= 0 && e->mark.size == 0 && e->mark.head.sequence > 0)
		r = head_file_sync(&e->head_file);
	return r;
}

static int record_cut(struct evidence *e, const struct log_end *end, const struct moment *now)
{
	char request[160], id[EVIDENCE_ID_LEN + 1];

	if (end->torn == 0)
		return 0;

	snprintf(request, sizeof(request), "{\"cut\":true,\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}",
		end->torn, end->torn_hash);
	return evidence_add(e,
		&(struct evidence_entry){
			.event = "cut",
			.request = request,
			.response =
				"{\"reason\":\"an end that was never written whole was cut off\"}",
			.peer = "null",
		},
		now, id);
}

/* Records a token as the store has it. */
static int record_recovered(struct evidence *e, struct store *store,
	const uint8_t id[static TOKEN_ID_LEN], const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_PRINTED;
	const struct token *token = store_find(store, id);
	char event_id[EVIDENCE_ID_LEN + 1], name[NOTATION_UUID_LEN + 1];
	int r;

	notation_uuid(id, name);
	r = token ? token_print_stored(token, &request)
		  : bytes_appendf(&request, "{\"token_id\":\"%s\"}", name);
	return r < 0 ? r
		     : evidence_add(e,
			     &(struct evidence_entry){
				     .event = "recovered",
				     .request = request.data,
				     .response = "{\"reason\":\"" UNANSWERED "\"}",
				     .peer = "null",
			     },
			     now, event_id);
}

/* Records a change of the allowlist that was announced, and whether the list has it. */
static int record_change(struct evidence *e, const struct allowlist *list, const char *change,
	const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes response = BYTES_PRINTED;
	char id[EVIDENCE_ID_LEN + 1];
	struct writer w;
	bool happened = false, known;
	int r;

	r = list ? allow_change_find(change, strlen(change), list, &happened) : 0;
	if (r < 0)
		return r;
	known = list && r == 0;

	writer_init(&w, &response);
	writer_object(&w, NULL);
	writer_string(&w, "reason", UNANSWERED);
	if (known)
		writer_bool(&w, "happened", happened);
	writer_end(&w);
	r = writer_finish(&w);
	return r < 0 ? r
		     : evidence_add(e,
			     &(struct evidence_entry){
				     .event = "recovered",
				     .request = change,
				     .response = response.data,
				     .peer = "null",
			     },
			     now, id);
}

static int recover_changes(struct evidence *e, const struct allowlist *list,
	const struct recovery_note *note, const struct moment *now, size_t *n)
{
	const char *entry = bytes_str(&note->changes), *change;
	uint64_t sequence;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < note->n_changes; i++) {
		change = recovery_note_next_change(&entry, &sequence);
		if (sequence <= e->mark.head.sequence)
			continue;
		r = record_change(e, list, change, now);
		++*n;
	}
	return r;
}

/*
 * Whether the store is older than the log's mark: then a token could be spent a second time. A
 * store without tokens does no harm: an operator may have moved a damaged file away.
 */
static bool is_older(const struct evidence *e, const struct store *store, uint64_t noted)
{
	return noted < e->mark.noted && store_next(store, NULL);
}

static int refuse_older(const struct evidence *e, struct bytes *why)
{
	int r;

	r = bytes_appendf(why,
		"the tokens are older than it: record %" PRIu64
		" changed some, and the store does not know of it",
		e->mark.noted);
	return r < 0 ? r : LOG_REFUSED;
}

/* Adds the records that the store's note names and the log lacks. */
static int recover(struct evidence *e, struct store *store, const struct allowlist *list,
	const struct moment *now, size_t *ret_n, struct bytes *why)
{
	cleanup(recovery_note_deinit) struct recovery_note note = RECOVERY_NOTE_INIT;
	const char *text = store_note(store), *entry;
	uint64_t head = e->mark.head.sequence, sequence = 0;
	uint8_t id[TOKEN_ID_LEN];
	int r;

	*ret_n = 0;
	if (text[0] == '\0')
		return is_older(e, store, 0) ? refuse_older(e, why) : 0;

	r = recovery_note_parse(text, strlen(text), &note);
	if (r < 0)
		return r;
	if (r > 0 || head + 1 < note.first) {
		r = bytes_appendf(why,
			"it ends with record %" PRIu64 ", and the store knows of record %" PRIu64,
			head, note.first - 1);
		return r < 0 ? r : LOG_REFUSED;
	}

	if (is_older(e, store, note.first))
		return refuse_older(e, why);

	entry = bytes_str(&note.entries);
	for (size_t i = 0; r >= 0 && i < note.n; i++) {
		recovery_note_next(&entry, &sequence, id);
		if (sequence <= head)
			continue;
		r = record_recovered(e, store, id, now);
		++*ret_n;
	}
	return r < 0 ? r : recover_changes(e, list, &note, now, ret_n);
}

/* Tells the store that nothing is missing. If this fails, the records are recovered once more. */
static int note_recovered(struct evidence *e, struct store *store)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_PRINTED;
	const struct recovery_note none = { .first = e->mark.head.sequence + 1 };
	int r;

	if (store_closed(store))
		return 0;

	r = recovery_note_print(&none, &line);
	if (r >= 0)
		r = store_set_note(store, line.data);
	if (r >= 0)
		store_commit(store);
	return r < 0 ? r : 0;
}

static int catch_up(struct evidence *e, struct store *store, const struct allowlist *list,
	const struct log_end *end, const struct moment *now, struct bytes *why)
{
	size_t n;
	int r = 0;

	if (end->mark.size == 0 && end->mark.head.sequence > 0)
		r = evidence_add_continues(e, now);
	/* First the records that the note names: they are found by their sequences. */
	if (r == 0)
		r = recover(e, store, list, now, &n, why);
	if (r == 0)
		r = record_cut(e, end, now);
	if (r != 0) {
		evidence_drop(e);
		return r;
	}

	r = evidence_commit(e);
	if (r < 0 || n == 0)
		return r;

	evidence_warn(e, "%zu record%s missing, and %s written as recovered", n,
		n == 1 ? " was" : "s were", n == 1 ? "is" : "are");
	return note_recovered(e, store);
}

/* Checks a log that is open and locked, and brings it up to date. */
static int check_log(struct evidence *e, struct store *store, const struct allowlist *list,
	bool known, const struct moment *now, struct bytes *why)
{
	struct log_end end = { 0 };
	int r;

	r = known ? 0 : adopt(e, why);
	if (r == 0)
		r = evidence_check(e, e->fd, &end, why);
	if (r == 0)
		r = spent_tokens_check(e->fd, e->mark.size, end.mark.size, store, why);
	if (r == 0)
		r = settle(e, &end);
	if (r == 0 && e->leaving) {
		r = evidence_leave_lost(e);
		end.mark = e->mark;
	}
	if (r == 0)
		r = catch_up(e, store, list, &end, now, why);
	if (r == 0)
		e->lost = e->may_be_lost = false;
	return r;
}

/* Closes the segment that the old key has signed. Nothing more is recorded before that. */
static void change_key(struct evidence *e, const struct moment *now)
{
	int r;

	r = evidence_rotate(e, now);
	if (r < 0 && e->fd >= 0)
		evidence_close_for(e, true, "its key could not be changed: %s", strerror(-r));
}

static void open_if_possible(struct evidence *e, struct store *store, const struct allowlist *list,
	const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_PRINTED;
	bool known, begin = false;
	int r;

	/* The store's note is needed first. */
	if (!store_is_readable(store)) {
		evidence_close_for(e, true, "the store can't be read");
		e->for_store = true;
		return;
	}
	/* The mark's file must be durable. */
	r = e->state_dir ? state_dir_sync(e->state_dir) : 0;
	if (r < 0) {
		evidence_close_for(e, true, "the state directory: %s", strerror(-r));
		return;
	}
	if (!read_mark(e, &known))
		return;
	r = evidence_resume(e, known, &begin, &why);
	if (r != 0) {
		evidence_close_for(e, r < 0, "%s", reason(&why, r));
		return;
	}
	if (!open_log(e, known && !begin && e->mark.head.sequence > 0))
		return;

	r = check_log(e, store, list, known || begin, now, &why);
	if (r > 0)
		evidence_close_for(e, false, "%s", bytes_str(&why));
	else if (r < 0 && e->fd >= 0)
		evidence_close_for(e, true, "%s", strerror(-r));
	if (r == 0 && e->changing)
		change_key(e, now);
	if (e->fd < 0)
		return;

	if (evidence_is_waiting(e))
		evidence_warn(e, "open again");
	retry_end(&e->retry);
	e->for_store = false;
	bytes_clear(&e->closed);
}

void evidence_prepare(struct evidence *e, struct store *store, const struct allowlist *list,
	const struct moment *now)
{
	bool due =
		e->for_store ? store_is_readable(store) : retry_is_due(&e->retry, now->clock.boot);

	if (e->fd >= 0 || !due)
		return;

	open_if_possible(e, store, list, now);
	retry_failed(&e->retry, now->clock.boot);
}

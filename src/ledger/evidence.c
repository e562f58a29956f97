/* SPDX-License-Identifier: ISC */

/*
 * The log. A turn goes to disk in this order, and a crash may come behind each step:
 *
 *	1. the store's batch, with a note: the turn's records begin with sequence S, and which of
 *	   them are about tokens that the batch changes (ledger/note)
 *	2. the log's records, appended in one write
 *	3. fdatasync of the log
 *	4. the mark: the log's new size, last sequence and last hash (ledger/mark)
 *	5. the replies
 *
 * - Before 1 is synced, nothing happened: the store cuts a torn batch off, and the log ends before
 *   S.
 * - Behind 1, the store names sequences that the log lacks. Nobody was answered, so nothing ran;
 *   what the tokens became is written as `recovered`, one record for each that is missing. Where
 *   the turn changed no token there is no batch, and nothing is missing.
 * - Within 2 and 3, the log may have any part of the turn's records behind the last mark. Whole
 *   ones are kept: they say what was decided. What is torn is cut off, and a record says so; then
 *   as above, for what was not whole.
 * - Behind 3, or where the power fails and takes marks along that were not synced, the log goes on
 *   behind the mark: it is read on from there, and the next mark tells of it.
 *
 * So a recorded allow is never one of a token that can still be spent, since 1 is before 2; no
 * mark is ever ahead of the log, since 3 is before 4; and a log that ends before its mark, or has
 * another record there, was changed by somebody else. A store whose note names S knows that S - 1
 * was acknowledged, also where the mark is gone.
 *
 * `fd` is open exactly while the log may be appended to. A write or sync that failed: the log is
 *cut back to the last mark and closed, and is only believed again after it was read as at a start.
 */

#include "ledger/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notation.h"
#include "base/text.h"
#include "gate/record.h"
#include "ledger/log-check.h"
#include "ledger/note.h"

#define PRODUCT "firma"

/* Between two tries of a log that is closed for something that may pass. */
#define RETRY_PAUSE_MIN CLOCK_SECOND
#define RETRY_PAUSE_MAX (30 * CLOCK_SECOND)

#define UNANSWERED "the daemon ended before this was recorded; nobody was answered"

struct evidence {
	char *path, *state_dir;
	struct bytes shown; /* the path, escaped */
	uid_t owner;
	struct sign_key *key;

	int fd;
	struct mark_file mark_file;
	struct mark mark; /* of what is committed */
	struct mark next; /* of that and `batch` */
	struct bytes batch;

	struct bytes closed; /* why; empty: open */
	bool waiting;        /* for something that may pass */
	bool for_store;      /* and that is the store */
	uint64_t retry_at, retry_pause;
	struct bytes warning;
};

/* --- closed and open -------------------------------------------------------------------------- */

/* Closes it for good, or until evidence_prepare() tries again. */
static void __attribute__((format(printf, 3, 4)))
close_for(struct evidence *e, bool waiting, const char *format, ...)
{
	va_list ap;
	int r;

	close_p(&e->fd);
	e->fd = -1;
	bytes_clear(&e->closed);
	r = bytes_appendf(&e->closed, "%s: ", bytes_str(&e->shown));
	va_start(ap, format);
	if (r >= 0)
		bytes_vappendf(&e->closed, format, ap);
	va_end(ap);
	e->waiting = waiting;
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
	return e->waiting && !e->for_store;
}

uint64_t evidence_due(const struct evidence *e)
{
	return evidence_is_waiting(e) ? e->retry_at : CLOCK_NEVER;
}

static void __attribute__((format(printf, 2, 3))) warn(struct evidence *e, const char *format, ...)
{
	va_list ap;

	if (e->warning.len > 0)
		bytes_append_str(&e->warning, "; ");
	bytes_appendf(&e->warning, "%s: ", bytes_str(&e->shown));
	va_start(ap, format);
	bytes_vappendf(&e->warning, format, ap);
	va_end(ap);
}

bool evidence_take_warning(struct evidence *e, struct bytes *b)
{
	if (e->warning.len == 0)
		return false;

	bytes_deinit(b);
	*b = e->warning;
	bytes_init(&e->warning, BYTES_UNLIMITED);
	return true;
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

const struct sign_key *evidence_key(const struct evidence *e)
{
	return e->key;
}

/* --- records ---------------------------------------------------------------------------------- */

/* In nanoseconds, of which the clock has thousands. */
static int append_timestamp(struct bytes *b, uint64_t wall)
{
	int r;

	r = notation_append_time(b, wall);
	if (r < 0)
		return r;

	bytes_truncate(b, b->len - 1);
	return bytes_appendf(b, "%03u000Z", (unsigned int)(wall % 1000));
}

static int print_behind(const struct evidence_entry *entry, uint64_t wall, struct bytes *b)
{
	int r;

	r = bytes_append_str(b, ",\"timestamp\":\"");
	if (r >= 0)
		r = append_timestamp(b, wall);
	return r < 0 ? r
		     : bytes_appendf(b, "\",\"request\":%s,\"response\":%s,\"peer\":%s",
			     entry->request, entry->response, entry->peer);
}

int evidence_add(struct evidence *e, const struct evidence_entry *entry, const struct moment *now,
	char ret_id[static EVIDENCE_ID_LEN + 1])
{
	cleanup(bytes_deinit) struct bytes behind = BYTES_INIT(BYTES_UNLIMITED);
	const char *previous = e->next.head.hash;
	uint8_t id[EVIDENCE_ID_LEN / 2];
	char before[512], hash[CHAIN_HASH_LEN + 1];
	size_t start = e->batch.len;
	int r;

	randombytes_buf(id, sizeof(id));
	notation_hex(id, sizeof(id), ret_id);
	snprintf(before, sizeof(before),
		"{\"schema_version\":\"" CHAIN_SCHEMA_FIRMA "\",\"product\":\"" PRODUCT
		"\",\"event_type\":\"%s\",\"record_id\":\"%s\",\"sequence\":%" PRIu64 ",%s%s%s",
		entry->event, ret_id, e->next.head.sequence + 1,
		previous[0] ? "\"previous_hash\":\"" : "", previous, previous[0] ? "\"," : "");

	r = print_behind(entry, now->clock.wall, &behind);
	if (r >= 0)
		r = chain_print(before, &behind, previous, e->key, &e->batch, hash);
	if (r < 0)
		return r;

	e->next.size += e->batch.len - start;
	e->next.head.sequence++;
	memcpy(e->next.head.hash, hash, sizeof(hash));
	return 0;
}

/* Forgets the turn's records. */
static void drop(struct evidence *e)
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

	return mark_write(&e->mark_file, &e->next);
}

/* What the failed write left is cut off; where that fails as well, it is read at the next try. */
void evidence_give_up(struct evidence *e, int error)
{
	if (ftruncate(e->fd, (off_t)e->mark.size) < 0 || fdatasync(e->fd) < 0)
		warn(e, "could not be cut back to its last good size: %s", strerror(errno));
	if (!e->waiting)
		e->retry_pause = RETRY_PAUSE_MIN;
	close_for(e, true, "could not be written: %s", strerror(-error));
	e->retry_at = 0;
	drop(e);
}

int evidence_commit(struct evidence *e)
{
	int r;

	if (e->batch.len == 0)
		return 0;
	if (e->fd < 0) {
		drop(e);
		return -EIO;
	}

	r = write_batch(e);
	if (r < 0) {
		evidence_give_up(e, r);
		return r;
	}

	e->mark = e->next;
	bytes_clear(&e->batch);
	return 0;
}

int evidence_finish(struct evidence *e)
{
	return mark_sync(&e->mark_file);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* A new log, and its name, for good. */
static int create_log(struct evidence *e)
{
	cleanup(close_p) int dir_fd = -1;
	cleanup(free_p) char *copy = strdup(e->path);
	int r;

	if (!copy)
		return -ENOMEM;

	r = file_open(AT_FDCWD, e->path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, e->owner, &e->fd);
	if (r != 0)
		return r;

	dir_fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 || fsync(dir_fd) < 0 ? -errno : 0;
}

/* Opens the log and takes its lock. False where it is closed now. */
static bool open_log(struct evidence *e, bool expected)
{
	int r;

	r = file_open(AT_FDCWD, e->path, O_RDWR | O_APPEND, e->owner, &e->fd);
	if (r == -ENOENT && expected) {
		close_for(
			e, false, "it is gone, and had %" PRIu64 " records", e->mark.head.sequence);
		return false;
	}
	if (r == -ENOENT)
		r = create_log(e);
	if (r != 0) {
		close_for(
			e, r < 0, "%s", r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r));
		return false;
	}
	if (flock(e->fd, LOCK_EX | LOCK_NB) < 0) {
		close_for(e, true, errno == EWOULDBLOCK ? "another process holds it" : "%m");
		return false;
	}
	return true;
}

/* Reads the mark; *ret_known is whether there is one. False where it is closed now. */
static bool read_mark(struct evidence *e, int dir_fd, bool *ret_known)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	*ret_known = false;
	if (dir_fd < 0)
		return true;

	r = mark_open(&e->mark_file, dir_fd, e->owner, &e->mark, &why);
	*ret_known = r == 0;
	if (r == 0 || r == -ENOENT)
		return true;

	close_for(e, r < 0, "%s, which tells how far it goes: %s", MARK_FILE,
		r < 0 ? strerror(-r) : bytes_str(&why));
	return false;
}

/* A log of which no mark was kept: new, or one's own alone where nothing is ever kept. */
static int adopt(struct evidence *e, int dir_fd, struct bytes *why)
{
	struct mark mark;
	int r;

	r = log_find_mark(e->fd, &mark, why);
	if (r != 0)
		return r;

	if (dir_fd >= 0) {
		if (mark.size > 0 || lseek(e->fd, 0, SEEK_END) > 0) {
			r = bytes_append_str(
				why, "it is another's: nothing is known of its records here");
			return r < 0 ? r : LOG_REFUSED;
		}
		r = mark_create(&e->mark_file, dir_fd, e->owner);
	}
	e->mark = mark;
	return r;
}

/* Cuts a torn end off, and makes what is before it last. */
static int settle(struct evidence *e, const struct log_end *end)
{
	if (end->torn > 0) {
		if (ftruncate(e->fd, (off_t)end->mark.size) < 0)
			return -errno;
		warn(e,
			"cut off %" PRIu64
			" bytes at its end, which were never written whole, and never answered for",
			end->torn);
	}
	if (fdatasync(e->fd) < 0)
		return -errno;

	e->mark = e->next = end->mark;
	return mark_write(&e->mark_file, &e->mark);
}

static int record_cut(struct evidence *e, const struct log_end *end, const struct moment *now)
{
	char request[160], id[EVIDENCE_ID_LEN + 1];

	if (end->torn == 0)
		return 0;

	snprintf(request, sizeof(request), "{\"cut\":true,\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}",
		end->torn, end->torn_hash);
	return evidence_add(e,
		&(struct evidence_entry){ "cut", request,
			"{\"reason\":\"an end that was never written whole was cut off\"}",
			"null" },
		now, id);
}

/* What became of a token, by what the store has of it. */
static int record_recovered(struct evidence *e, const struct store *store,
	const uint8_t id[static TOKEN_ID_LEN], const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes request = BYTES_INIT(BYTES_UNLIMITED);
	const struct token *token = store_find(store, id);
	char event_id[EVIDENCE_ID_LEN + 1], name[NOTATION_UUID_LEN + 1];
	int r;

	notation_uuid(id, name);
	r = token ? record_print_stored(token, &request)
		  : bytes_appendf(&request, "{\"token_id\":\"%s\"}", name);
	return r < 0 ? r
		     : evidence_add(e,
			     &(struct evidence_entry){ "recovered", request.data,
				     "{\"reason\":\"" UNANSWERED "\"}", "null" },
			     now, event_id);
}

/* Adds what the store's note names and the log lacks. */
static int recover(struct evidence *e, struct store *store, const struct moment *now, size_t *ret_n,
	struct bytes *why)
{
	cleanup(note_deinit) struct note note = NOTE_INIT;
	const char *text = store_note(store), *entry;
	uint64_t head = e->mark.head.sequence, sequence = 0;
	uint8_t id[TOKEN_ID_LEN];
	int r;

	*ret_n = 0;
	if (text[0] == '\0')
		return 0;

	r = note_parse(text, strlen(text), &note);
	if (r < 0)
		return r;
	if (r > 0 || head + 1 < note.first) {
		r = bytes_appendf(why,
			"it ends with record %" PRIu64 ", and the store knows of record %" PRIu64,
			head, note.first - 1);
		return r < 0 ? r : LOG_REFUSED;
	}

	entry = bytes_str(&note.entries);
	for (size_t i = 0; r >= 0 && i < note.n; i++) {
		note_next(&entry, &sequence, id);
		if (sequence <= head)
			continue;
		r = record_recovered(e, store, id, now);
		++*ret_n;
	}
	return r;
}

/* The store need not name them again. Where it can't say so, they are recovered once more. */
static int note_recovered(struct evidence *e, struct store *store)
{
	cleanup(bytes_deinit) struct bytes line = BYTES_INIT(BYTES_UNLIMITED);
	const struct note none = { .first = e->mark.head.sequence + 1 };
	int r;

	if (store_closed(store))
		return 0;

	r = note_print(&none, &line);
	if (r >= 0)
		r = store_set_note(store, line.data);
	if (r >= 0)
		store_commit(store);
	return r < 0 ? r : 0;
}

static int catch_up(struct evidence *e, struct store *store, const struct log_end *end,
	const struct moment *now, struct bytes *why)
{
	size_t n;
	int r;

	r = record_cut(e, end, now);
	if (r == 0)
		r = recover(e, store, now, &n, why);
	if (r != 0) {
		drop(e);
		return r;
	}

	r = evidence_commit(e);
	if (r < 0 || n == 0)
		return r;

	warn(e, "%zu records were missing, and are written as recovered", n);
	return note_recovered(e, store);
}

/* All that there is to do with a log that is open and locked. */
static int check_log(struct evidence *e, struct store *store, int dir_fd, bool known,
	const struct moment *now, struct bytes *why)
{
	struct log_end end;
	int r;

	r = known ? 0 : adopt(e, dir_fd, why);
	if (r == 0)
		r = log_check(e->fd, &e->mark, e->key, &end, why);
	if (r == 0)
		r = settle(e, &end);
	return r == 0 ? catch_up(e, store, &end, now, why) : r;
}

static void open_evidence(struct evidence *e, struct store *store, const struct moment *now)
{
	cleanup(bytes_deinit) struct bytes why = BYTES_INIT(BYTES_UNLIMITED);
	cleanup(close_p) int dir_fd = -1;
	bool known;
	int r;

	/* What the store knows comes first. */
	if (!store_is_readable(store)) {
		close_for(e, true, "the store can't be read");
		e->for_store = true;
		return;
	}
	r = e->state_dir ? file_open_dir(e->state_dir, e->owner, &dir_fd) : 0;
	if (r != 0) {
		close_for(e, r < 0, "the state directory: %s",
			r < 0 ? strerror(-r) : file_fault_text((enum file_fault)r));
		return;
	}
	if (!read_mark(e, dir_fd, &known) || !open_log(e, known && e->mark.head.sequence > 0))
		return;

	r = check_log(e, store, dir_fd, known, now, &why);
	if (r > 0)
		close_for(e, false, "%s", bytes_str(&why));
	else if (r < 0 && e->fd >= 0)
		close_for(e, true, "%s", strerror(-r));
	if (e->fd < 0)
		return;

	if (e->waiting && !e->for_store)
		warn(e, "open again");
	e->waiting = e->for_store = false;
	bytes_clear(&e->closed);
}

void evidence_prepare(struct evidence *e, struct store *store, const struct moment *now)
{
	if (e->fd >= 0 || !e->waiting || (!e->for_store && now->clock.boot < e->retry_at))
		return;
	if (e->for_store && !store_is_readable(store))
		return;

	open_evidence(e, store, now);
	if (e->fd >= 0) {
		e->retry_pause = RETRY_PAUSE_MIN;
		return;
	}
	e->retry_at = now->clock.boot + e->retry_pause;
	e->retry_pause *= 2;
	if (e->retry_pause > RETRY_PAUSE_MAX)
		e->retry_pause = RETRY_PAUSE_MAX;
}

/* --- life ------------------------------------------------------------------------------------- */

/* A key that can't be taken closes the log for good. */
static int load_key(struct evidence *e, const struct evidence_options *o)
{
	cleanup(bytes_deinit) struct bytes shown = BYTES_INIT(BYTES_UNLIMITED),
					   why = BYTES_INIT(BYTES_UNLIMITED);
	int r;

	if (!o->key)
		return 0;

	r = sign_key_load(o->key, o->key_kind, o->owner, o->key_is_credential, &e->key, &why);
	if (r >= 0 && text_append_escaped(&shown, o->key, strlen(o->key)) < 0)
		r = -ENOMEM;
	if (r == SIGN_REFUSED)
		close_for(e, false, "the key %s %s", bytes_str(&shown), bytes_str(&why));
	return r < 0 ? r : 0;
}

int evidence_new(const struct evidence_options *o, struct evidence **ret)
{
	cleanup(evidence_free_p) struct evidence *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;

	e->fd = -1;
	e->mark_file = (struct mark_file)MARK_FILE_INIT;
	e->owner = o->owner;
	e->waiting = e->for_store = true; /* for its first time */
	e->retry_pause = RETRY_PAUSE_MIN;
	bytes_init(&e->shown, BYTES_UNLIMITED);
	bytes_init(&e->batch, BYTES_UNLIMITED);
	bytes_init(&e->closed, BYTES_UNLIMITED);
	bytes_init(&e->warning, BYTES_UNLIMITED);
	e->path = strdup(o->path);
	e->state_dir = o->state_dir ? strdup(o->state_dir) : NULL;
	if (!e->path || (o->state_dir && !e->state_dir))
		return -ENOMEM;

	r = text_append_escaped(&e->shown, o->path, strlen(o->path));
	if (r >= 0)
		r = load_key(e, o);
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
	mark_deinit(&e->mark_file);
	sign_key_free(e->key);
	bytes_deinit(&e->shown);
	bytes_deinit(&e->batch);
	bytes_deinit(&e->closed);
	bytes_deinit(&e->warning);
	free(e->path);
	free(e->state_dir);
	free(e);
}

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The log of evidence that a daemon writes. Call evidence_new(); evidence_prepare() at the daemon's
 * start and at the beginning of each turn; then, in each turn, evidence_add() for each record, and
 * evidence_commit() once, after the store's commit and before the first reply.
 *
 * If anything is wrong with the log, it is closed, with a reason; evidence_new() fails only for
 * lack of memory. While the log is closed, nothing may be decided.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"
#include "gate/token/token.h"
#include "ledger/evidence/chain.h"
#include "ledger/evidence/key.h"
#include "ledger/state-dir.h"
#include "ledger/store/store.h"

struct evidence;

/* A key's file; a path of NULL: no key. See evidence_key_load(). */
struct evidence_key_option {
	const char *path;
	enum evidence_key_kind kind;
	bool is_credential;
};

struct evidence_options {
	const char *path;
	struct state_dir *state_dir;    /* for the mark's file; or NULL */
	struct evidence_key_option key; /* signs the records */

	/* What the log may have been signed with until now; `changes`: it may be another. */
	bool changes;
	struct evidence_key_option old_key;
	bool old_key_lost; /* the old key may be lost */
	uid_t owner;       /* of the log and the key */
	gid_t readers;     /* a group that may read the log, or FILE_NO_GROUP */
	uint64_t max_size; /* in bytes; a larger log is rotated. 0: no limit */
};

int evidence_new(const struct evidence_options *options, struct evidence **ret);
void evidence_free(struct evidence *e);
DEFINE_CLEANUP(struct evidence *, evidence_free)

/*
 * Opens the log if it is not open yet, or is closed for a reason that may pass: at once, and then
 * at growing intervals. Adds the records that the store's note names and the log lacks. Call it
 * before a turn begins in the store. `list` shows whether changes of the allowlist happened; NULL:
 * unknown.
 */
void evidence_prepare(struct evidence *e, struct store *store, const struct allowlist *list,
	const struct moment *now);

/*
 * Checks that the log and its mark are as they were left, and closes the log for good if another
 * process has touched them. Call it before the commit of a turn, and now and then.
 */
void evidence_look(struct evidence *e);

/* Why the log is closed; NULL: it is open. */
const char *evidence_closed(const struct evidence *e);

/* Whether the log is closed for a reason that may pass, and when to try again: as for the store. */
bool evidence_is_waiting(const struct evidence *e);
uint64_t evidence_due(const struct evidence *e);

/* The last record that was committed. */
struct chain_head evidence_head(const struct evidence *e);

/* The log's path, escaped; and its size. */
const char *evidence_path(const struct evidence *e);
uint64_t evidence_size(const struct evidence *e);

/* Appends the path of the segment that was closed last, escaped. Errors: those of bytes_append().
 */
int evidence_append_segment(const struct evidence *e, struct bytes *b);

/* The log's descriptor, for fstatvfs(3) and its like; -1 while it is closed. */
int evidence_fd(const struct evidence *e);

/* The key that signs the log, or NULL. */
const struct evidence_key *evidence_signing_key(const struct evidence *e);

#define EVIDENCE_ID_LEN 24

struct evidence_entry {
	const char *event;   /* such as "decision" */
	const char *request; /* objects of JSON, as text */
	const char *response;
	const char *approval; /* what it rests on, if `response` does not have that; or NULL */
	const char *peer;
	const char *id; /* from evidence_make_id(); NULL: a new one */
};

/* A random ID, for a record that must be named before it is added. */
void evidence_make_id(char ret[static EVIDENCE_ID_LEN + 1]);

/* Adds a record to the turn. Error: -ENOMEM; call evidence_give_up() then. */
int evidence_add(struct evidence *e, const struct evidence_entry *entry, const struct moment *now,
	char ret_id[static EVIDENCE_ID_LEN + 1]);

/*
 * Call it between the store's commit and the log's. The store now has a note of a turn whose first
 * record is `first`. The mark keeps that number, so that an older store is detected.
 */
void evidence_set_noted(struct evidence *e, uint64_t first);

/*
 * Writes the turn's records, all of them or none. After a failure the log is closed, and no answer
 * of the turn may be anything but "no".
 */
int evidence_commit(struct evidence *e);

/*
 * Treats the turn like a commit that failed with `error`. For a turn whose records could not all be
 * added.
 */
void evidence_give_up(struct evidence *e, int error);

/*
 * Whether the record is an allow of this user whose end may still be reported (see open-runs.h);
 * then take the report. evidence_note_allow() adds an allow that was committed.
 */
bool evidence_may_report(struct evidence *e, const char *id, uid_t uid);
void evidence_take_report(struct evidence *e, const char *id, uid_t uid);
void evidence_note_allow(struct evidence *e, const char *id, uid_t uid);

/*
 * Call it at the end, before the store drops its note. Writes and syncs the mark, which then says
 * that the store has no note. Error: a negative errno.
 */
int evidence_finish(struct evidence *e);

/*
 * Closes the log as a segment (see ledger/evidence/segment), and goes on in a new one. Call it
 * between two turns. If the log can't be renamed, it stays as it is; after any other failure it is
 * closed. Error: a negative errno.
 */
int evidence_rotate(struct evidence *e, const struct moment *now);

/* Rotates the log if it is larger than the options allow. A failure becomes a warning. */
void evidence_rotate_large(struct evidence *e, const struct moment *now);

/* Moves a warning for the log into `b`; false: there is none. */
bool evidence_take_warning(struct evidence *e, struct bytes *b);

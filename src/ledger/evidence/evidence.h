/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The log of evidence that a daemon writes: evidence_new(), evidence_prepare() at its start and at
 * the beginning of each turn, then for each turn evidence_add() for what is to be recorded and one
 * evidence_commit(), after the store's commit and before the first reply.
 *
 * Whatever is wrong with the log makes it closed, with a reason; only memory can make
 * evidence_new() fail. As long as it is closed, nothing may be decided.
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

struct evidence_options {
	const char *path;
	struct state_dir *state_dir; /* of the file that says how far the log goes; or NULL */
	const char *key;             /* the file of a key, or NULL */
	enum evidence_key_kind key_kind;
	bool key_is_credential; /* see evidence_key_load() */
	uid_t owner;            /* of the log and the key */
};

int evidence_new(const struct evidence_options *options, struct evidence **ret);
void evidence_free(struct evidence *e);
DEFINE_CLEANUP(struct evidence *, evidence_free)

/*
 * Opens the log where it is closed for something that may pass, or has not been opened yet: at
 * once, and then at growing intervals. What the store says was changed, and the log doesn't, is
 * written down now. No turn may have been begun in the store. `list` tells what became of changes
 * of the allowlist; NULL: it isn't known.
 */
void evidence_prepare(struct evidence *e, struct store *store, const struct allowlist *list,
	const struct moment *now);

/*
 * Looks whether the log and its mark are as they were left, and closes it for good if another
 * process has touched them. Call it before the commit of a turn, and now and then.
 */
void evidence_look(struct evidence *e);

/* Why it is closed; NULL where it is not. */
const char *evidence_closed(const struct evidence *e);

/* Whether it is closed for such a thing, and when it is tried again: as those of the store. */
bool evidence_is_waiting(const struct evidence *e);
uint64_t evidence_due(const struct evidence *e);

/* Of the last record that was committed. */
struct chain_head evidence_head(const struct evidence *e);

/* The log's path, escaped; its size. */
const char *evidence_path(const struct evidence *e);
uint64_t evidence_size(const struct evidence *e);

/* Of the log, for fstatvfs(3) and its like; -1 while it is closed. */
int evidence_fd(const struct evidence *e);

/* The key that signs it, or NULL. */
const struct evidence_key *evidence_signing_key(const struct evidence *e);

#define EVIDENCE_ID_LEN 24

struct evidence_entry {
	const char *event;   /* such as "decision" */
	const char *request; /* objects of JSON, as text */
	const char *response;
	const char *peer;
	const char *id; /* from evidence_make_id(); NULL: a fresh one */
};

/* A random ID, where a record must be named before it is added. */
void evidence_make_id(char ret[static EVIDENCE_ID_LEN + 1]);

/* Adds a record to the turn's. Error: -ENOMEM; evidence_give_up() then. */
int evidence_add(struct evidence *e, const struct evidence_entry *entry, const struct moment *now,
	char ret_id[static EVIDENCE_ID_LEN + 1]);

/*
 * Between the store's commit and the log's: the store now has a note of a turn whose first record
 * is this one. An older store will be known by it.
 */
void evidence_set_noted(struct evidence *e, uint64_t first);

/*
 * Writes the turn's records, all of them or none. After a failure the log is closed, and no answer
 * of the turn may be anything but "no".
 */
int evidence_commit(struct evidence *e);

/* The same as a commit that failed, for `error`: the turn's records could not all be added. */
void evidence_give_up(struct evidence *e, int error);

/*
 * Whether the record is an allow of this user's whose end may still be reported, as those of
 * open-runs.h; then the report is taken. An allow that was committed is noted.
 */
bool evidence_may_report(struct evidence *e, const char *id, uid_t uid);
void evidence_take_report(struct evidence *e, const char *id, uid_t uid);
void evidence_note_allow(struct evidence *e, const char *id, uid_t uid);

/*
 * For the end, before the store drops its note: what is remembered of the log is made to last, and
 * that there is no note any more.
 */
int evidence_finish(struct evidence *e);

/* Moves a sentence that somebody should read into `b`; false where there is none. */
bool evidence_take_warning(struct evidence *e, struct bytes *b);

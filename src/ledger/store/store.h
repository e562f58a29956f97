/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The store of the tokens. One interface has several implementations: in memory; in a file of the
 * state directory; in such a file and a server. Callers need not know which one it is.
 *
 * The daemon's turn is a transaction:
 *
 *	store_prepare()   opens a closed store again, if it is time to try
 *	store_update()    brings it up to date: tokens expire, other writers' changes arrive
 *	store_find(), store_next(), store_count()
 *	store_apply()     for each change: compares the token's state and sets it
 *	store_commit()    puts all changes of the turn on record, or none
 *
 * An applied change is visible to later reads in this turn. It is on record after the commit has
 * returned 0. Only then may an answer that rests on it be sent. After any other result, every
 * answer of the turn must be "no".
 */

#include <stdbool.h>

#include "base/bytes.h"
#include "base/json/writer.h"
#include "gate/token/token.h"
#include "gate/usage.h"

struct store;

void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free)

/* "file", "memory" or "shared". */
const char *store_kind(const struct store *store);

/* Whether tokens outlive the process. */
bool store_is_durable(const struct store *store);

/* --- open and closed ------------------------------------------------------------------------ */

/* Why the store is closed; NULL: it is open. Valid until the store is used again. */
const char *store_closed(const struct store *store);

/* Whether find, next and count give what is on record. A closed store may still be readable. */
bool store_is_readable(const struct store *store);

/*
 * Call it before a turn's first request. If the store is closed for a reason that may pass (a
 * failed write, a lock that another process held), it is tried again: at once, then at growing
 * intervals.
 */
void store_prepare(struct store *store, const struct moment *now);

/*
 * Whether a closed store's only fault is that its server can't be reached. Requests that need no
 * token may then still be decided.
 */
bool store_is_away(const struct store *store);

/* Why store_commit() has just failed with this error. The text is valid until the next call. */
const char *store_failure(const struct store *store, int error);

/* Writes facts about its server, as members of the open object; nothing if it has no server. */
void store_write(const struct store *store, const struct moment *now, struct writer *w);

/* Whether the store is closed for a reason that may pass. The daemon must not leave then. */
bool store_is_waiting(const struct store *store);

/*
 * Checks that the store's files are as the store left them, and closes the store for good if
 * another process has touched them. Call it before the commit of a turn, and now and then.
 */
void store_look(struct store *store);

/* --- time and other writers ----------------------------------------------------------------- */

/*
 * The time by which the store's tokens are issued and expire, if the daemon's time is `now`. A
 * local store uses the daemon's clock.
 */
struct moment store_now(const struct store *store, const struct moment *now);

/*
 * Called for a token that expired, or that another writer changed. `by`: as in a watcher's event.
 */
typedef void (*store_changed_fn)(const struct token *token, const uid_t *by, void *userdata);

/*
 * Brings the store up to date. Tokens whose lifetime is over become expired, and are forgotten
 * after TOKEN_RETENTION. Other writers' changes since the last call become visible. `fn` is called
 * for each token whose state has changed.
 */
void store_update(
	struct store *store, const struct moment *now, store_changed_fn fn, void *userdata);

/*
 * When store_update() or store_prepare() has something to do next, in µs of the boot clock;
 * CLOCK_NEVER: nothing.
 */
uint64_t store_due(const struct store *store);

/*
 * A descriptor that polls readable while other writers' changes wait for store_update(). -1: there
 * are no other writers.
 */
int store_fd(const struct store *store);

/* --- reads ---------------------------------------------------------------------------------- */

/*
 * Looks a token up; NULL if it is not on record. The store owns the token; it is valid until the
 * next update or commit. A store that can't answer closes and gives NULL: ask store_closed() after
 * the look-up.
 */
const struct token *store_find(struct store *store, const uint8_t id[static TOKEN_ID_LEN]);

/* All tokens in the order of their issue: the one after `after`, or the first for NULL. */
const struct token *store_next(const struct store *store, const struct token *after);

/* The tokens of this uid in the order of their issue. */
const struct token *store_next_own(const struct store *store, uid_t uid, const struct token *after);

/*
 * The tokens of this uid for this fingerprint that are pending, approved or revoked: `state` says
 * which. The one that got into that state last comes first; the next one after `after`, or the
 * first for NULL.
 */
const struct token *store_next_alike(const struct store *store, uid_t uid,
	const uint8_t fingerprint[static FINGERPRINT_LEN], enum token_state state,
	const struct token *after);

/* The usage of this uid, for the fingerprint and in total; and of all uids. */
struct usage store_count(
	const struct store *store, uid_t uid, const uint8_t fingerprint[static FINGERPRINT_LEN]);

/* --- changes -------------------------------------------------------------------------------- */

/* The result of a change, or of a turn's commit. Errors are negative errnos. */
enum store_result {
	STORE_DONE,
	STORE_STALE, /* the token is not in the state `from`: nothing happened */
};

/*
 * Sets the size of the issued token on record; the limits are about this size. Call it once for
 * each issue, before store_apply(). Error: -ENOMEM.
 */
int store_measure(const struct store *store, struct token_change *change);

/*
 * Applies a change if the token is in the state `from`. On STORE_DONE an issued token belongs to
 * the store; otherwise nothing happened.
 */
int store_apply(struct store *store, struct token_change *change);

/*
 * Puts the turn's changes on record: all or none.
 *
 *	STORE_DONE     they are on record.
 *	STORE_STALE    another writer was faster for at least one of them, see store_lost(). None is
 *	               on record, and all of them are undone.
 *	negative       it is not known whether they are on record. Issues and approvals are undone;
 *	               revocations and consumptions stand in memory, so that no token is allowed
 *	               twice. The store is closed.
 */
int store_commit(struct store *store);

/* After STORE_STALE, until the next update: whether another writer changed this token first. */
bool store_lost(const struct store *store, const uint8_t id[static TOKEN_ID_LEN]);

/*
 * Sets a line (without a newline; see ledger/evidence/recovery-note) that the next commit records
 * with its changes, or alone if there are none. It replaces the line before. NULL: the line is
 * dropped when the store is next written whole. Error: -ENOMEM.
 */
int store_set_note(struct store *store, const char *line);

/* The line that was recorded last; "": none. Valid until the store is used again. */
const char *store_note(const struct store *store);

/*
 * Leaves the files as they should rest on disk; call store_look() before it. After that, only
 * store_free() may be called.
 */
int store_put_to_rest(struct store *store);

/* Moves a warning for the log into `b`; false: there is none. */
bool store_take_warning(struct store *store, struct bytes *b);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * This host's part of a desk: a copy of the host's tokens in a Redis or Valkey server, where the
 * desk's operators see them. The host's own file is authoritative: it alone decides whether a token
 * may be consumed, even if the server says something else. An answer that depends on a change of a
 * token is sent only after the server has that change, so the desk is always up to date.
 *
 * One call sends all changes of a turn; the server's function applies all of them, or none. It
 * first compares each token's state and the name of the last turn with those that this host
 * expects.
 *
 *	desk_new()       not connected
 *	desk_step()      until it returns DESK_OPEN: connects, checks the server, sends all tokens
 *	desk_note()      for each change of a turn, then desk_turn() sends them
 *	desk_check()     every few seconds while nothing changes
 *
 * After a failure the desk is away: not connected. desk_fault() says why; call desk_step() to
 * connect again. No call takes longer than the timeout.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/json/writer.h"
#include "ledger/state-dir.h"
#include "ledger/store/desk-address.h"
#include "ledger/store/token-table.h"

struct desk;

/* The strings belong to the caller, and must outlive the desk. */
struct desk_options {
	struct desk_address address;
	const char *name;     /* of the desk; see ledger/store/desk-key */
	const char *host;     /* this host's name, shown to people */
	const char *password; /* path of the password file, read at each connection; or NULL */
	uint64_t timeout;     /* µs */
	uint64_t replicas;    /* how many must have a change before an answer is sent */
	bool lax;             /* the server may lose its last second */
};

/* `dir` must be locked before the first step, and outlive the desk. Error: -ENOMEM. */
int desk_new(const struct desk_options *options, struct state_dir *dir, struct desk **ret);
void desk_free(struct desk *desk);
DEFINE_CLEANUP(struct desk *, desk_free)

enum desk_step {
	DESK_OPEN,
	DESK_MORE, /* one part was sent: call desk_step() again */
};

/*
 * Connects, or sends the next part of the copy. Returns an enum desk_step, or a negative errno:
 * desk_fault() then says why.
 */
int desk_step(struct desk *desk, const struct token_table *table, const struct moment *now);

/* Why the desk is away: the end of a sentence "SERVER: FAULT"; "" if it is open. */
const char *desk_fault(const struct desk *desk);
const char *desk_address_text(const struct desk *desk);

bool desk_is_open(const struct desk *desk);

/*
 * Notes a change that this turn makes to a token in the table. If a copy is being sent, it starts
 * again. Error: -ENOMEM.
 */
int desk_note(struct desk *desk, const struct token_change *change);
/* The number of noted changes. desk_drop_from() drops all but the first `n`. */
size_t desk_count(const struct desk *desk);
void desk_drop_from(struct desk *desk, size_t n);

/*
 * Sends the noted changes, with the tokens as they now are in the table. Returns 0 if the server
 * has all changes. After a negative errno the desk is away, and the server may or may not have
 * them.
 */
int desk_turn(struct desk *desk, const struct token_table *table, const struct moment *now);

/*
 * Checks the connection, and every few seconds asks the server. Returns 0; or a negative errno, and
 * the desk is then away.
 */
int desk_check(struct desk *desk, const struct moment *now);
uint64_t desk_due(const struct desk *desk);

/*
 * Aborts the turn: drops the noted changes, and closes the connection, since the server may have
 * changes that are not on record here.
 */
void desk_leave(struct desk *desk, const struct moment *now);

/* A descriptor for poll(2): readable if the connection has failed. */
int desk_fd(const struct desk *desk);

/* Writes the desk's state for `firma status`, as members of the open object. */
void desk_write(const struct desk *desk, const struct moment *now, struct writer *w);

/* If the server was replaced or restarted, returns true once and appends a sentence for the log. */
bool desk_take_warning(struct desk *desk, struct bytes *b);

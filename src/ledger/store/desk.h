/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * This host's part of a desk: a copy of the host's tokens in a server of Redis or Valkey, where the
 * desk's operators see them. The host's own file stays the truth: it alone decides whether a token
 * may be consumed, whatever the server says or has lost. But nothing is answered that rests on a
 * token unless the server has the change, too. So the desk is never behind an answer.
 *
 * A turn's changes are sent by one call of a function, which makes all of them or none. It compares
 * each token's state, and the number of the last turn: what this host left must be there.
 *
 *	desk_new()       not connected
 *	desk_step()      until it returns DESK_OPEN: connects, checks the server, sends all tokens
 *	desk_note()      for each change of a turn, then desk_turn() sends them
 *	desk_check()     now and then while nothing changes
 *
 * After a failure the desk is away, and desk_fault() says why; then desk_step() connects again.
 * No call takes longer than the timeout.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/json/writer.h"
#include "ledger/state-dir.h"
#include "ledger/store/desk-address.h"
#include "ledger/store/token-table.h"

struct desk;

/* Strings belong to the caller, and outlive the desk. */
struct desk_options {
	struct desk_address address;
	const char *name;     /* of the desk; see ledger/store/desk-key */
	const char *host;     /* this host's name for people */
	const char *password; /* its file, read at each connection; or NULL */
	uint64_t timeout;     /* µs */
	uint64_t replicas;    /* how many must have a change before it is answered */
	bool lax;             /* the server may lose its last second */
};

/* `dir` must be locked before the first step, and outlive the desk. Error: -ENOMEM. */
int desk_new(const struct desk_options *options, struct state_dir *dir, struct desk **ret);
void desk_free(struct desk *desk);
DEFINE_CLEANUP(struct desk *, desk_free)

enum desk_step {
	DESK_OPEN,
	DESK_MORE, /* a part is done: call it again */
};

/* Returns one of these, or a negative errno: see desk_fault(). */
int desk_step(struct desk *desk, const struct token_table *table, const struct moment *now);

/* Why it is away, for a sentence that begins with the server's name; "" if it is open. */
const char *desk_fault(const struct desk *desk);
const char *desk_address_text(const struct desk *desk);

bool desk_is_open(const struct desk *desk);

/*
 * Notes that the token has changed in the table, or will with this turn. While the desk is not
 * open, all tokens are sent once more. Error: -ENOMEM.
 */
int desk_note(struct desk *desk, const struct token_change *change);
/* The number of notes; the second one drops those from the n-th on. */
size_t desk_count(const struct desk *desk);
void desk_drop_from(struct desk *desk, size_t n);

/*
 * Sends the changes of the turn, as the table has the tokens now. Returns 0 if the server has all
 * of them, or a negative errno: it is not known. The desk is away then.
 */
int desk_turn(struct desk *desk, const struct token_table *table, const struct moment *now);

/*
 * Whether the server still answers: looks at the connection, and asks every few seconds. A negative
 * errno: the desk is away now.
 */
int desk_check(struct desk *desk, const struct moment *now);
uint64_t desk_due(const struct desk *desk);

/*
 * Ends the turn without a record of it: drops the notes, and ends the connection, since the server
 * may have what this host has not.
 */
void desk_leave(struct desk *desk, const struct moment *now);

/* Polls readable if the connection has failed. */
int desk_fd(const struct desk *desk);

/* Writes members into the open object. */
void desk_write(const struct desk *desk, const struct moment *now, struct writer *w);

/* A sentence for the log if the server is another one than before; false: it is not. */
bool desk_take_warning(struct desk *desk, struct bytes *b);

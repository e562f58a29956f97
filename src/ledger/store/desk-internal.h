/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The parts of a desk: its state (ledger/store/desk.c), the calls of the server's functions
 * (desk-call.c), and the copy of all tokens (desk-copy.c). Only they include this file.
 */

#include "base/bytes.h"
#include "ledger/approval/gate-id.h"
#include "ledger/store/desk-key.h"
#include "ledger/store/desk-server.h"
#include "ledger/store/desk.h"
#include "ledger/store/redis.h"

#define DESK_CLAIM_LEN 32

enum desk_phase {
	DESK_IS_AWAY,
	DESK_IS_FILLING, /* connected and claimed; the tokens after `sent` are still to be sent */
	DESK_IS_OPEN,
};

struct desk_change {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state from, to;
};

struct desk {
	struct desk_options options;
	struct state_dir *dir;
	struct redis redis;
	int epoll;

	enum desk_phase phase;
	bool sent_any;
	uint8_t sent[TOKEN_ID_LEN]; /* the last token of the copy so far */

	bool has_gate;
	char gate[2 * GATE_ID_LEN + 1];
	char claim[DESK_CLAIM_LEN + 1];
	uint64_t turn;     /* the number of the last turn */
	uint64_t check_at; /* µs of the boot clock */

	struct desk_change *changes; /* of this turn */
	size_t n_changes, size_changes;

	struct bytes fault, warning;
	uint64_t away_since; /* µs of the boot clock; 0: not yet known */
	struct desk_server server;
};

/* When a call that begins now must have ended. */
uint64_t desk_deadline(const struct desk *d);

/*
 * A call: desk_begin_call() with its keys (ended by NULL) and the number of words that follow the
 * claim; then these words; then desk_append_wait() if replicas must have what it changes.
 */
void desk_begin_call(struct desk *d, const char *function, const char *const *keys, size_t n);
void desk_append_id(struct bytes *out, const uint8_t id[static TOKEN_ID_LEN]);
void desk_append_wait(struct desk *d);

/* The name of a turn. It begins with the claim, so no two connections use the same one. */
void desk_append_turn(struct desk *d, uint64_t turn);

/* Two words: how long the server keeps the token, and its record. */
int desk_append_record(struct bytes *out, const struct token *t, const struct moment *now);

/* Read the answers. A negative errno, with a sentence in `why`: it is not what was asked for. */
int desk_read_done(struct desk *d, uint64_t deadline, struct bytes *why);
int desk_read_wait(struct desk *d, uint64_t deadline, struct bytes *why);

/* Connects, checks the server, and claims this host's place in the desk. */
int desk_connect(struct desk *d, uint64_t deadline, struct bytes *why);

/*
 * Sends the next part of the copy. With the last part, the copy takes the old one's place. Returns
 * an enum desk_step, or a negative errno with a sentence in `why`.
 */
int desk_fill(struct desk *d, const struct token_table *table, const struct moment *now,
	uint64_t deadline, struct bytes *why);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Shared by the three files of a desk, and private to them: its state (desk.c), the calls of the
 * server's functions (desk-call.c), and the copy of all tokens (desk-copy.c).
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
	DESK_IS_FILLING, /* connected and claimed; the tokens after `sent` must still be sent */
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
	uint8_t sent[TOKEN_ID_LEN]; /* the last token that was sent, if sent_any */

	bool has_gate;
	char gate[2 * GATE_ID_LEN + 1];
	char claim[DESK_CLAIM_LEN + 1];
	uint64_t turn;     /* number of the last turn on this connection */
	uint64_t check_at; /* when desk_check() next asks the server, µs of the boot clock */

	struct desk_change *changes; /* of this turn */
	size_t n_changes, size_changes;

	struct bytes fault, warning;
	uint64_t away_since; /* µs of the boot clock; 0: never was away */
	struct desk_server server;
};

/* The deadline of a call that begins now, in µs of the boot clock. */
uint64_t desk_deadline(const struct desk *d);

/*
 * To make a call: desk_begin_call() with its keys (NULL-terminated) and the number `n` of words
 * after the claim; append these words to `redis.out`; desk_append_wait() if replicas must have the
 * change; redis_send(); then read the answers.
 */
void desk_begin_call(struct desk *d, const char *function, const char *const *keys, size_t n);
void desk_append_id(struct bytes *out, const uint8_t id[static TOKEN_ID_LEN]);
void desk_append_wait(struct desk *d);

/* Appends one word, the turn's name. It contains the claim, so it is unique. */
void desk_append_turn(struct desk *d, uint64_t turn);

/* Appends two words: how long the server keeps the token, in ms, and its record as JSON. */
int desk_append_record(struct bytes *out, const struct token *t, const struct moment *now);

/* Read the answer of a call, or of WAIT. On failure, a negative errno with a sentence in `why`. */
int desk_read_done(struct desk *d, uint64_t deadline, struct bytes *why);
int desk_read_wait(struct desk *d, uint64_t deadline, struct bytes *why);

/* Connects, checks the server, and claims this host's place in the desk. */
int desk_connect(struct desk *d, uint64_t deadline, struct bytes *why);

/*
 * Sends the next part of the copy; with the last part, the copy replaces the old one. Returns an
 * enum desk_step, or a negative errno with a sentence in `why`.
 */
int desk_fill(struct desk *d, const struct token_table *table, const struct moment *now,
	uint64_t deadline, struct bytes *why);

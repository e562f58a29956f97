/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What became of tokens in a turn, for those who wait for it: noted as it happens, told after the
 * commit. Where memory ran out, `lost` says that something is missing; where the lines would be
 * more than anybody is told at once, `untold` says that some are.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/resources.h"
#include "gate/token/token.h"

struct token_note {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state to;
	bool partial; /* one of several approvals: it is still pending */
	char *line;   /* the event as it is told, with its newline; NULL where nobody wants it */
	bool undone;
};

struct token_events {
	struct token_note *items;
	size_t n, size;
	size_t lines_len; /* of all lines together */
	bool lost, untold;
};

void token_events_init(struct token_events *events);
void token_events_deinit(struct token_events *events);

/*
 * Notes that the token is now in its state. `by`: the operator who did it, or NULL. `tell_of`: the
 * resources, where somebody wants to be told; else NULL.
 */
void token_events_add(struct token_events *events, const struct token *token, const uid_t *by,
	const struct moment *now, const struct resources *tell_of);

/*
 * Takes back what did not happen. After a commit that failed: issues and approvals, and all that
 * became of a token that was issued in this turn. `all`: nothing of the turn is on record; only
 * what expired by itself stands.
 */
void token_events_undo(struct token_events *events, bool all);

void token_events_clear(struct token_events *events);

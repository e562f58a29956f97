/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Events: changes of tokens in a turn, for peers that wait or watch. An event is added when it
 * happens and told after the commit. `lost`: an event is missing after -ENOMEM. `untold`: an event
 * has no line, after -ENOMEM or because the lines exceed LIMIT_UNREAD.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/resources.h"
#include "gate/token/token.h"

struct token_note {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state to;
	bool partial;  /* one of several approvals: the token is still pending */
	bool extended; /* it lives longer: the token is still pending */
	char *line;    /* the text for watchers, with its newline; NULL: none */
	bool undone;
};

struct token_events {
	struct token_note *items;
	size_t n, size;
	size_t lines_len; /* total length of all lines */
	bool lost, untold;
};

void token_events_init(struct token_events *events);
void token_events_deinit(struct token_events *events);

/*
 * Adds the event that the token is now in its state. `by`: the operator who changed it, or NULL.
 * `tell_of`: the resources if operators watch (the line is printed), else NULL.
 */
void token_events_add(struct token_events *events, const struct token *token, const uid_t *by,
	const struct moment *now, const struct resources *tell_of);

/* Adds the event that the token, still pending, lives longer. */
void token_events_add_extended(struct token_events *events, const struct token *token,
	const struct moment *now, const struct resources *tell_of);

/*
 * Removes events after a commit that failed: issues, approvals, and all events of tokens that were
 * issued in this turn. `all`: none of the turn's changes is on record, so only expiries stay.
 */
void token_events_undo(struct token_events *events, bool all);

void token_events_clear(struct token_events *events);

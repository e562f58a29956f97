/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the clients of a daemon that is killed again and again know of its tokens. Of each token the
 * model holds the set of the states that it can be in: a request that is sent adds what it may make
 * of them, a reply takes away what it rules out, and one that died unanswered leaves both what was
 * and what may have become of it. Whatever the daemon then says must be within the set.
 *
 * For each request: model_send(), then once model_reply() or model_lost(). In between, while no
 * request is on its way but those whose answer is held back, a list: model_list_begin(),
 * model_list_item()…, model_list_end(). Memory that runs out ends the process. Knows nothing of
 * firma's code: an oracle must not share its faults.
 */

#include <stdbool.h>
#include <stddef.h>

#define MODEL_ID_LEN 36

/* How many may watch at a time. */
#define MODEL_WATCHERS 2

enum model_state {
	MODEL_ABSENT,
	MODEL_PENDING,
	MODEL_APPROVED,
	MODEL_CONSUMED,
	MODEL_REVOKED,
	MODEL_EXPIRED,
	MODEL_STATES,
};

/* A set of states, of actions: a bit each. */
#define MODEL_BIT(element) (1U << (element))

/* MODEL_ASK issues a token and waits for it to be decided. */
enum model_action {
	MODEL_ISSUE,
	MODEL_APPROVE,
	MODEL_REVOKE,
	MODEL_RETRY,
	MODEL_ASK,
	MODEL_ACTIONS
};

/* One client's question: what to do with which token, by the number that the model gave it. */
struct model_request {
	enum model_action action;
	size_t token;
	bool waits; /* its answer is held back: MODEL_ASK always, MODEL_RETRY as it may be */
};

struct model_token {
	char id[MODEL_ID_LEN + 1]; /* empty until a reply or a list has told it */
	unsigned states;           /* those that it can be in now */
	unsigned seen;         /* and those since the first of the requests on their way was sent */
	unsigned actions;      /* of these requests */
	unsigned in_flight;    /* their number */
	unsigned issuing;      /* of these, those that issue it */
	unsigned waiting;      /* and those whose answer is held back */
	enum model_state sure; /* in which it was last, for sure */
	bool lost;             /* requests died unanswered since then */
	bool allowed;          /* somebody was told so */
	bool listed;
	enum model_state told; /* the latest of its states that somebody who watched was told */
	enum model_state told_to[MODEL_WATCHERS]; /* since each of these began */
	unsigned age;                             /* how often model_age() has met it */
};

struct model_tally {
	unsigned long issued, approved, revoked, allowed, refused; /* answered */
	unsigned long held;     /* allowed, of those that had waited */
	unsigned long events;   /* told to those who watch */
	unsigned long stopping; /* refused by a daemon that was about to leave */
	unsigned long raced;    /* sent while another one for the same token was on its way */
	unsigned long lost;     /* died unanswered */
	unsigned long applied, unapplied; /* what these did, as a list told */
	unsigned long violations;
};

struct model {
	struct model_token *tokens;
	size_t n, size;
	size_t first; /* those before it have been forgotten */
	struct model_tally tally;
};

void model_deinit(struct model *m);

/* Room for one more token, which is absent until its issue is sent. Returns its number. */
size_t model_add(struct model *m);

void model_send(struct model *m, struct model_request request);

/* What came for it, a whole line. */
void model_reply(struct model *m, struct model_request request, const char *line);

/* Its connection died. */
void model_lost(struct model *m, struct model_request request);

/*
 * Somebody begins to watch, and then hears what becomes of a token. That is on record: the next
 * list must agree, whoever died in between.
 */
void model_watch_begin(struct model *m, size_t watcher);
void model_event(struct model *m, size_t watcher, size_t token, const char *id, const char *state);

void model_list_begin(struct model *m);
void model_list_item(struct model *m, size_t token, const char *id, const char *state);
void model_list_end(struct model *m);

/*
 * Time passes, while no daemon runs: what is live and was there before expires; what has met this
 * before is forgotten.
 */
void model_age(struct model *m);

/* Tells and counts something that must not be. */
void model_violation(struct model *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

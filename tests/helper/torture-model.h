/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The clients' knowledge of the tokens of a daemon that is killed again and again. For each token
 * the model holds the set of its possible states. A request that is sent adds the states that it
 * may cause; a reply removes the states that it rules out; a request that died unanswered leaves
 * the states from before it and those that it may have caused. Every later reply of the daemon must
 * agree with the set.
 *
 * For each request: model_send(), then once model_reply() or model_lost(). In between, while only
 * requests whose answer is held back are on their way, a list: model_list_begin(),
 * model_list_item()…, model_list_end(). Running out of memory ends the process. The model shares no
 * code with firma: an oracle must not share its faults.
 */

#include <stdbool.h>
#include <stddef.h>

#define MODEL_ID_LEN 36

/* The number of watchers at a time. */
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

/* A set of states or of actions: a bit each. */
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

/* A client's request: an action on a token, which has the number that the model gave it. */
struct model_request {
	enum model_action action;
	size_t token;
	bool waits; /* held back: MODEL_ASK always, MODEL_RETRY maybe */
};

struct model_token {
	char id[MODEL_ID_LEN + 1]; /* empty until a reply or a list gives it */
	unsigned states;           /* the possible states now */
	unsigned seen;             /* and since the first request on its way was sent */
	unsigned actions;          /* of the requests on their way */
	unsigned in_flight;        /* their number */
	unsigned issuing;          /* of these, requests that issue it */
	unsigned waiting;          /* and requests whose answer is held back */
	enum model_state sure;     /* the last certain state */
	bool lost;                 /* requests died unanswered after it */
	bool allowed;              /* a reply said so */
	bool listed;
	enum model_state told;                    /* the latest state that any watcher was told */
	enum model_state told_to[MODEL_WATCHERS]; /* since this watcher began */
	unsigned age;                             /* the number of model_age() calls for it */
};

struct model_tally {
	unsigned long issued, approved, revoked, allowed, refused; /* that were answered */
	unsigned long held;               /* allowed, after they had waited */
	unsigned long events;             /* that watchers were told */
	unsigned long stopping;           /* refused by a daemon that was about to leave */
	unsigned long raced;              /* sent while another for the token was on its way */
	unsigned long lost;               /* died unanswered */
	unsigned long applied, unapplied; /* of the lost ones, as a list showed */
	unsigned long violations;
};

struct model {
	struct model_token *tokens;
	size_t n, size;
	size_t first; /* earlier ones have been forgotten */
	struct model_tally tally;
};

void model_deinit(struct model *m);

/* Adds a token, which is absent until its issue is sent. Returns its number. */
size_t model_add(struct model *m);

void model_send(struct model *m, struct model_request request);

/* Takes the request's reply, a whole line. */
void model_reply(struct model *m, struct model_request request, const char *line);

/* The request's connection died. */
void model_lost(struct model *m, struct model_request request);

/*
 * A watcher begins, and then gets events of tokens. Each event is on record: the next list must
 * agree, even if daemons died in between.
 */
void model_watch_begin(struct model *m, size_t watcher);
void model_event(struct model *m, size_t watcher, size_t token, const char *id, const char *state);

void model_list_begin(struct model *m);
void model_list_item(struct model *m, size_t token, const char *id, const char *state);
void model_list_end(struct model *m);

/*
 * Time passes while no daemon runs. Live tokens that were on record expire; tokens that were there
 * at the previous call are forgotten.
 */
void model_age(struct model *m);

/* Reports and counts a violation. */
void model_violation(struct model *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

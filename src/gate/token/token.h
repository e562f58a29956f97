/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The approval token of one pending request: its content, its states, and the table that says what
 * happens to it (design, section 6). A token doesn't change itself: token_step() names the step for
 * an event, and the store carries it out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/moment.h"
#include "base/notation.h"
#include "gate/approval/approvals.h"
#include "gate/approval/demand.h"
#include "gate/invocation.h"
#include "gate/standing.h"
#include "gate/token/fingerprint.h"
#include "gate/wire/reply.h"

#define TOKEN_ID_LEN 16

/* Why a token ended before its time. */
#define TOKEN_ASKER_LEFT "the asker left"
#define TOKEN_WITHDRAWN "withdrawn by the asker"

/* How long a record is kept after its expiry, so that a late retry can be told what happened. */
#define TOKEN_RETENTION (UINT64_C(300) * CLOCK_SECOND)

enum token_state {
	TOKEN_ABSENT,
	TOKEN_PENDING,
	TOKEN_APPROVED,
	TOKEN_CONSUMED,
	TOKEN_REVOKED,
	TOKEN_EXPIRED,
	TOKEN_STATES,
};

/* Such as "pending"; the inverse gives TOKEN_ABSENT for an unknown word. */
const char *token_state_name(enum token_state state);
enum token_state token_state_parse(const char *name);

/* The word shown to people: "refused" for "revoked"; any other text unchanged. */
const char *token_state_word(const char *name);

/* Whether a token in this state can still become an allow. */
bool token_state_is_live(enum token_state state);

/* How the approver confirmed, as their client says. */
enum confirmed {
	CONFIRMED_UNSAID,
	CONFIRMED_ON_TERMINAL, /* asked on a terminal, after showing the request */
	CONFIRMED_BY_OPTION,   /* --yes: nothing was shown */
	CONFIRMED_WAYS,
};

/* Such as "terminal"; NULL for CONFIRMED_UNSAID, which the inverse gives for an unknown word. */
const char *confirmed_name(enum confirmed confirmed);
enum confirmed confirmed_parse(const char *name);

/* The approver of a token, and the time. Not known if an older daemon recorded the approval. */
struct approval {
	uint64_t at_wall; /* µs of the wall clock; for display */
	uid_t by;
	bool known;
	uint8_t confirmed; /* an enum confirmed */
};

/* In an order that leaves no holes: there may be a hundred thousand of them. */
struct token {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state state;

	/* What the approval is valid for. Strings that the request didn't bring are NULL. */
	uint8_t fingerprint[FINGERPRINT_LEN];
	uid_t uid; /* the asker */
	struct invocation asked;

	/* How it was asked for: only a request of the same kind joins the token. */
	const char *budget_state_ref; /* or NULL */
	uint8_t door;                 /* its enum role, plus 1; 0: not known */
	bool sync_wait;               /* the asker wants only the decision, and waits for it */

	bool joined; /* several requests have asked for it */

	/* For a standing approval. */
	bool remember;            /* the rule that asked lets the allowlist answer */
	pid_t pid;                /* for display alone; 0 if not known */
	struct standing standing; /* if approved for good, consuming it makes an entry */
	struct approval approval;

	/* What the rules that asked demand of an approval, and the approvals so far. */
	struct demand_flags demand;
	struct string_list approvers; /* names of groups */
	struct string_list approvals; /* gate/approval/approvals; set by token_set_approvals() */

	/* The number of the record of the allow that rests on the approvals; 0: there is none. */
	uint64_t evidence;

	/* For display alone. */
	const char *process;        /* its name, or NULL */
	struct string_list parents; /* the names of its ancestors, the nearest first */
	const char *rule;           /* the rule that asked for a person */
	const char *rule_reason;    /* why it asks, or NULL */

	/* Why it was revoked or ended early; or NULL. Set by token_set_reason(). */
	const char *reason;

	/* µs of the boot clock, the boot they belong to, and µs of the wall clock. */
	uint64_t issued, expires;
	uint64_t latest; /* the bound of `expires`, set when it is issued */
	uint8_t boot_id[16];
	uint64_t issued_wall;
};

/* Copies `from` with all of its strings into one allocation; NULL when out of memory. */
struct token *token_new(const struct token *from);
void token_free(struct token *token);
DEFINE_CLEANUP(struct token *, token_free)

/*
 * For a token of token_new(): copy a reason (NULL: none), or a list of approvals, which the token
 * then owns. Error: -ENOMEM.
 */
int token_set_reason(struct token *token, const char *reason);
int token_set_approvals(struct token *token, const struct string_list *approvals);

/* Drops all but the first `n` approvals. */
void token_cut_approvals(struct token *token, size_t n);

/* Whether its time is over: it has expired, is of another boot, or was issued later than now. */
bool token_is_over(const struct token *token, const struct moment *now);

/*
 * For a token that was read back. If it is of another boot, or was issued later than now, its times
 * have no meaning in this boot: it is given new ones and ends now. Returns whether that happened;
 * the caller then sets the state.
 */
bool token_settle_time(struct token *token, const struct moment *now);

/*
 * For a token that was read back: the asker of a token that wants only the decision is gone with
 * its connection, so the token ends now. Returns whether that happened; the caller then sets the
 * state.
 */
bool token_settle_asker(struct token *token, const struct moment *now);

/* µs until it expires; 0 if its time is over. */
uint64_t token_time_left(const struct token *token, const struct moment *now);

/* µs since it was issued; at least its whole life if it is of another boot or later than now. */
uint64_t token_age(const struct token *token, const struct moment *now);

/* Its expiry in µs of the wall clock as of the time of issue. For display. */
uint64_t token_expires_wall(const struct token *token);

enum token_event {
	TOKEN_APPROVE,
	TOKEN_REVOKE,
	TOKEN_WITHDRAW,
	TOKEN_RETRY,
	TOKEN_EXPIRE,
	TOKEN_EVENTS,
};

/* A cell of the table. */
struct token_step {
	enum token_state to;    /* TOKEN_ABSENT: no change */
	enum outcome outcome;   /* for approve, revoke and withdraw */
	enum decision decision; /* for a retry */
	const char *reason;     /* NULL if the outcome says everything */
};

const struct token_step *token_step(enum token_state state, enum token_event event);

/*
 * A step as the store applies it: the token must be in state `from` and goes to state `to`. An
 * issue goes from TOKEN_ABSENT and brings the token, which the store then owns.
 */
struct token_change {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state from, to; /* both TOKEN_ABSENT: no change */
	const char *reason;        /* of a revocation or an early end, or NULL; not owned */
	struct standing standing;  /* of an approval */
	struct approval approval;
	struct string_list approvals; /* of an approval: all so far; owned by the caller */
	uint64_t evidence;            /* of a consumption; see struct token */
	bool joined;                  /* a further request asks for this pending token */
	uint64_t expires;             /* the new end of its time, or 0 */
	struct token *issued;
	struct bytes record; /* of an issue: what store_measure() made, owned */
	uint64_t size;       /* size of an issued token on record */
};

/* Whether it is one of several approvals, and leaves the token pending. */
bool token_change_is_partial(const struct token_change *change);

/* Frees what was not taken over. */
void token_change_deinit(struct token_change *change);

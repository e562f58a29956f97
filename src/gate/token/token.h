/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The approval token of one pending request: what it holds, its states, and the table that says
 * what happens to it (design, section 6). A token doesn't change itself: token_step() names the
 * step that an event asks for, and the store carries it out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/notation.h"
#include "gate/approval/approvals.h"
#include "gate/approval/demand.h"
#include "gate/invocation.h"
#include "gate/token/fingerprint.h"
#include "gate/wire/reply.h"

#define TOKEN_ID_LEN 16

/* How long a record is kept past its expiry, so that a late retry hears what became of it. */
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

/* Such as "pending"; the inverse gives TOKEN_ABSENT for a word that isn't one. */
const char *token_state_name(enum token_state state);
enum token_state token_state_parse(const char *name);

/* Whether it can still become an allow. */
bool token_state_is_live(enum token_state state);

/* How the person who approved has confirmed it, as their program says. */
enum confirmed {
	CONFIRMED_UNSAID,
	CONFIRMED_ON_TERMINAL, /* asked there, having been shown the request */
	CONFIRMED_BY_OPTION,   /* --yes: nothing was shown */
	CONFIRMED_WAYS,
};

/* Such as "terminal"; NULL where it is not said. The inverse gives CONFIRMED_UNSAID. */
const char *confirmed_name(enum confirmed confirmed);
enum confirmed confirmed_parse(const char *name);

/* Who approved a token, and when. Of what an older daemon approved, nothing is known. */
struct approval {
	bool known;
	uid_t by;
	uint64_t at_wall; /* µs of the wall clock; for display */
	enum confirmed confirmed;
};

/* A point in time, and which boot it counts in. */
struct moment {
	struct clock_time clock;
	uint8_t boot_id[16];
};

struct token {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state state;

	/* What it holds for. Strings that the request didn't bring are NULL. */
	uint8_t fingerprint[FINGERPRINT_LEN];
	struct invocation asked;
	uid_t uid; /* who asked */

	/* What a standing approval needs. */
	bool remember;   /* the rule that asked lets the allowlist answer */
	bool always;     /* it was approved for good: an entry is made when it is consumed */
	uint64_t for_ms; /* …which ends after so long; 0: never */
	struct approval approval;

	/* What approving takes by the rules that asked, and the approvals so far. */
	struct demand_flags demand;
	struct string_list approvers; /* names of groups */
	struct string_list approvals; /* see gate/approval/approvals */

	/* For display alone. */
	pid_t pid;           /* 0 where it isn't known */
	const char *process; /* its name, or NULL */
	const char *rule;    /* which asked for a person */
	const char *reason;  /* the operator's, of a revoked one; or NULL */

	/* µs of the boot clock; the boot that they count in; and µs of the wall clock. */
	uint64_t issued, expires;
	uint8_t boot_id[16];
	uint64_t issued_wall;

	char *owned_reason;    /* what token_set_reason() made */
	char *owned_approvals; /* likewise */
};

/* Copies `from` with all of its strings into one allocation; NULL when out of memory. */
struct token *token_new(const struct token *from);
void token_free(struct token *token);
DEFINE_CLEANUP(struct token *, token_free)

/* Copies a revocation's reason (NULL: none) into the token. Error: -ENOMEM. */
int token_set_reason(struct token *token, const char *reason);

/* Copies the approvals that there are now into the token. Error: -ENOMEM. */
int token_set_approvals(struct token *token, const struct string_list *approvals);

/* Forgets all but the first `n` approvals. */
void token_cut_approvals(struct token *token, size_t n);

/* Whether its time is over: expired, of another boot, or from later than now. */
bool token_is_over(const struct token *token, const struct moment *now);

/*
 * For a token that was read back: where it is of another boot, or from later than now, its times
 * mean nothing in this boot, and it is dated anew so that it ends now, for good. True where that
 * was so; its state is then for the caller to set.
 */
bool token_settle_time(struct token *token, const struct moment *now);

/* µs until it expires; 0 where it is over. */
uint64_t token_time_left(const struct token *token, const struct moment *now);

/* µs since it was issued; of another boot, or from later than now: its whole life, at least. */
uint64_t token_age(const struct token *token, const struct moment *now);

/* When it was to expire, in µs of the wall clock as it was at issuance. For display. */
uint64_t token_expires_wall(const struct token *token);

enum token_event { TOKEN_APPROVE, TOKEN_REVOKE, TOKEN_RETRY, TOKEN_EXPIRE, TOKEN_EVENTS };

/* A cell of the table. */
struct token_step {
	enum token_state to;    /* TOKEN_ABSENT: it stays as it is */
	enum outcome outcome;   /* of approve and revoke */
	enum decision decision; /* of a retry */
	const char *reason;     /* NULL where the outcome says it all */
};

const struct token_step *token_step(enum token_state state, enum token_event event);

/*
 * A step as the store applies it: compare the state with `from`, and set it to `to`. An issue
 * comes from TOKEN_ABSENT and brings the token, which the store then owns.
 */
struct token_change {
	uint8_t id[TOKEN_ID_LEN];
	enum token_state from, to; /* both TOKEN_ABSENT: no change */
	const char *reason;        /* of a revocation, or NULL; the caller's */
	bool always;               /* of an approval */
	uint64_t for_ms;
	struct approval approval;
	struct string_list approvals; /* of an approval: all that there are then; the caller's */
	struct token *issued;
	struct bytes record; /* of an issue: the store's own, from store_measure() */
	uint64_t size;       /* that an issued token takes on record */
};

/* Whether it is one of several approvals, after which the token is still pending. */
bool token_change_is_partial(const struct token_change *change);

/* Frees what nobody took over. */
void token_change_deinit(struct token_change *change);

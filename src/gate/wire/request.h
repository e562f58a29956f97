/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A request, read from its line: its action, and the fields of that action, each within its limit.
 * A request with a fault is still a request: its answer says what is wrong with it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/members.h"
#include "gate/invocation.h"
#include "gate/runner/claims.h"
#include "gate/token/token.h"
#include "gate/wire/evaluate.h"

enum action {
	ACTION_NONE, /* missing, not known, or the line is not JSON */
	ACTION_EXEC,
	ACTION_DONE,     /* the asker reports how the command ended */
	ACTION_WITHDRAW, /* the asker ends a token of its own */
	ACTION_MAY,      /* the asker lists what it may do */
	ACTION_APPROVE,
	ACTION_REVOKE,
	ACTION_LIST,
	ACTION_SHOW,
	ACTION_WATCH,
	ACTION_STATUS,
	ACTION_ALLOW_LIST,
	ACTION_ALLOW_ADD,
	ACTION_ALLOW_REMOVE,
	ACTION_GATE,
	ACTION_ROTATE, /* of the log of evidence */
	ACTION_RECEIPT,
	ACTION_EVALUATE, /* a request of the second contract, which has no `action` */
};

/* As on the wire, such as "local.exec.approve". */
const char *action_name(enum action action);

/* The proof of a runner's identity, as sent. A string is NULL if it was not sent. */
struct runner_auth {
	bool sent;
	const char *text; /* as it stands in the line, and its length */
	size_t len;
	const char *algorithm, *key_id, *signature, *nonce;
	uint64_t issued_at; /* s since 1970; 0: not sent */
	const char *identity[RUNNER_FIELDS];
	struct members members, identity_members;
};

/* A string is NULL if the request lacks it; all belong to the request. */
struct request {
	enum action action;

	/* Why the request is refused, as a complete reason; NULL if nothing is wrong. */
	char *fault;
	bool malformed; /* the fault is that the line is not a valid request of its action */

	/*
	 * The keys on which the client relies, an array of strings as it stands in the line; NULL:
	 * it named none. The daemon knows all of them; the reply repeats the array.
	 */
	const char *must;
	size_t must_len;

	/* Both contracts. */
	struct invocation asked;
	const char *approval_token;
	uint64_t wait_ms;
	bool detail;
	bool resume; /* use the asker's live token for the same question, if any */
	bool prompt; /* the asker has a user who could decide instead of an operator */
	struct runner_auth runner_auth;
	struct bytes runner_bytes; /* of asked.runner, which the daemon sets */

	/*
	 * local.exec from a front end that runs as root: the user that it asks for, and that user's
	 * groups.
	 */
	bool on_behalf;
	uid_t behalf_uid;
	bool has_groups;
	const gid_t *behalf_groups;
	size_t n_behalf_groups;
	bool sync_wait; /* its hitl_mode: no token is wanted, only the decision */
	const char *budget_state_ref;
	const char *request_fingerprint;
	bool spare; /* do not consume the token: only tell that it is approved */

	/* local.exec.done; the command's result stays in the line, which is kept */
	const char *record_id;

	/*
	 * The second contract. `asked` has the members of both contracts, such as the session, and
	 * the record of a release. evaluate_bind() adds the rest.
	 */
	struct evaluate evaluate;

	/* Operators' actions */
	const char *token_id;
	const char *fingerprint;
	const char *reason;
	const char *signature;  /* armored as by ssh-keygen */
	enum token_state state; /* to list, or the expected one; TOKEN_ABSENT: any */
	bool own;               /* list the asker's own tokens; at any door */

	/* An approval for good, and entries of the allowlist. */
	struct standing standing; /* for_ms: of an added entry, too */
	enum confirmed confirmed;
	const char *id, *agent, *pattern;
	uint64_t time_ms;  /* of a signed addition */
	const char *nonce; /* of a signed addition: 32 hexadecimal digits */
	const char *argv;  /* JSON: an array of strings and arrays of strings */

	/*
	 * Which tokens a revocation of many is for: all, those of `uid`, or those of `session`.
	 * `uid` is also the user of an added entry; its other values are in `asked`.
	 */
	bool all, by_uid;
	uid_t uid;
	const char *session;

	struct members members;  /* their values are valid while the line is read */
	struct json_doc *record; /* of a release; or NULL */
	struct bytes argv_bytes, release_bytes;
	struct bytes groups_bytes; /* holds behalf_groups */
};

/* Reads a line without its newline. Error: -ENOMEM. */
int request_parse(const char *line, size_t len, struct request **ret);

/* Makes a request that is refused unread, with `fault`. Error: -ENOMEM. */
int request_new_refused(const char *fault, struct request **ret);

void request_free(struct request *request);
DEFINE_CLEANUP(struct request *, request_free)

/* The entry that the request adds to the allowlist. Its strings belong to the request. */
struct addition request_addition(const struct request *request);

/* Whether a revocation of many includes this token. */
bool request_selects(const struct request *request, const struct token *token);

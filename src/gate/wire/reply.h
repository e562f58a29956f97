/* SPDX-License-Identifier: ISC */
#pragma once

/* The words of a reply, and its last line: the daemon writes it, the client reads it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/writer.h"
#include "base/notation.h"

enum decision { DECISION_NONE, DECISION_ALLOW, DECISION_DENY, DECISION_PENDING };

enum outcome {
	OUTCOME_NONE,
	OUTCOME_OK,
	OUTCOME_NOT_FOUND,
	OUTCOME_ALREADY_CONSUMED,
	OUTCOME_ALREADY_REVOKED,
	OUTCOME_EXPIRED,
	OUTCOME_UNSUPPORTED,
	OUTCOME_UNAUTHORIZED, /* only of other daemons: the asker may not ask at all */
};

/* As on the wire, such as "pending_hitl"; the inverse gives NONE for an unknown word. */
const char *decision_name(enum decision decision);
enum decision decision_parse(const char *name);

const char *outcome_name(enum outcome outcome);
enum outcome outcome_parse(const char *name);

/*
 * How a reason begins if the daemon could not decide, as opposed to a refusal. Operators' programs
 * distinguish the two by these texts.
 */
#define REASON_CLOSED "closed: "
#define REASON_OUTCOME_UNKNOWN "outcome unknown: "
#define REASON_CHANGED_MEANWHILE "another daemon changed the approval token meanwhile; ask again"
#define REASON_NOT_RECORDED "nothing of this turn was recorded; ask again"

/* The reason, or its beginning, if an approval can't count without a signature. */
#define REASON_SIGNATURE "a signature is needed"

/* The beginning of a reason if a limit is reached; and complete reasons. */
#define REASON_LIMIT "limit reached: "
#define REASON_UNREAD REASON_LIMIT "16 MiB of replies wait to be read; ask again"
#define REASON_NO_TOKEN "approval token not found"
#define REASON_OUT_OF_MEMORY "out of memory"

/* The reason of a denial to an asker that wants only the decision. */
#define REASON_NOBODY_DECIDED "nobody decided in time"

/* For all connected peers when the daemon stops. */
#define REASON_STOPPING "the daemon is stopping"

/* Complete replies that need no memory, or are the same for many connections. */
#define REPLY_OUT_OF_MEMORY "{\"decision\":\"deny\",\"reason\":\"" REASON_OUT_OF_MEMORY "\"}\n"
#define REPLY_WATCH_OUT_OF_MEMORY \
	"{\"outcome\":\"unsupported_action\",\"reason\":\"" REASON_OUT_OF_MEMORY "\"}\n"
#define REPLY_WATCH_STOPPING                                                \
	"{\"outcome\":\"unsupported_action\",\"reason\":\"" REASON_STOPPING \
	"\",\"stopping\":true}\n"

/* In a request, the keys on which its client relies. A daemon that knows them all repeats it. */
#define MUST_KEY "must"

/* In a pending reply to a request with `prompt`: any operator can approve it. */
#define ANY_OPERATOR_KEY "any_operator"

struct reply {
	enum decision decision; /* either this */
	enum outcome outcome;   /* or this; the other one is NONE */
	const char *reason;     /* NULL only with OUTCOME_OK */

	/* Only for watchers: the daemon stops, and another one may already be running. */
	bool stopping;

	/* With DECISION_PENDING. */
	const char *approval_token;
	uint32_t retry_after_ms;
	bool approved; /* the token is approved, and the next retry consumes it */

	/* If the request has `prompt`: any operator can approve it; nothing else is demanded. */
	bool any_operator;

	/* Only if the request asked for detail; NULL if there is none. */
	const char *rule;
	const char *expires_at;
	const char *evidence;    /* the ID of its record */
	const char *token_state; /* in which the named token is of no use */

	const char *must; /* JSON, as the request has it; or NULL */
};

/* Writes the reply's members into the open object. */
void reply_write(const struct reply *reply, struct writer *w);

/* Appends the line with its newline. Errors: those of bytes_append(). */
int reply_print(const struct reply *reply, struct bytes *b);

/* The line is not a reply. */
enum { REPLY_MALFORMED = 1 };

/* The parts of a line that the client uses; owns its strings. */
struct parsed_reply {
	struct reply reply;
	struct json_doc *doc;
};

/*
 * Reads a line, without its newline, that must be a decision or an outcome with all of its members;
 * unknown keys are ignored. Returns 0, REPLY_MALFORMED or -ENOMEM. After success, free with
 * parsed_reply_deinit().
 */
int reply_parse(const char *line, size_t len, struct parsed_reply *ret);
void parsed_reply_deinit(struct parsed_reply *reply);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The words of an answer, and the last line of a reply: written by the daemon, read by the client.
 */

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
};

/* As on the wire, such as "pending_hitl"; the inverse gives NONE for a word that isn't one. */
const char *decision_name(enum decision decision);
enum decision decision_parse(const char *name);

const char *outcome_name(enum outcome outcome);
enum outcome outcome_parse(const char *name);

/*
 * How a reason begins where the daemon could not decide, rather than decided against: operators'
 * programs tell a refusal from a failure by these.
 */
#define REASON_CLOSED "closed: "
#define REASON_OUTCOME_UNKNOWN "outcome unknown: "
#define REASON_CHANGED_MEANWHILE "another daemon changed the approval token meanwhile; ask again"
#define REASON_NOT_RECORDED "nothing of this turn was recorded; ask again"

/* The reason, or its beginning, where an approval without a signature can't count. */
#define REASON_SIGNATURE "a signature is needed"

/* How a reason begins where a limit is reached; and whole reasons. */
#define REASON_LIMIT "limit reached: "
#define REASON_UNREAD REASON_LIMIT "16 MiB of replies wait to be read; ask again"
#define REASON_NO_TOKEN "approval token not found"
#define REASON_OUT_OF_MEMORY "out of memory"

/* Said to every peer that is connected then: another daemon may be there at once. */
#define REASON_STOPPING "the daemon is stopping"

/* Whole replies that need no memory, or are the same for many connections. */
#define REPLY_OUT_OF_MEMORY "{\"decision\":\"deny\",\"reason\":\"" REASON_OUT_OF_MEMORY "\"}\n"
#define REPLY_WATCH_OUT_OF_MEMORY \
	"{\"outcome\":\"unsupported_action\",\"reason\":\"" REASON_OUT_OF_MEMORY "\"}\n"
#define REPLY_WATCH_STOPPING \
	"{\"outcome\":\"unsupported_action\",\"reason\":\"" REASON_STOPPING "\"}\n"

struct reply {
	enum decision decision; /* either this */
	enum outcome outcome;   /* or this is not NONE */
	const char *reason;     /* NULL only with OUTCOME_OK */

	/* With DECISION_PENDING. */
	const char *approval_token;
	uint32_t retry_after_ms;

	/* Only for a request that asked for detail; NULL where there is none. */
	const char *rule;
	const char *expires_at;
	const char *evidence; /* the ID of its record */
};

/* Writes the members of the object that is open. */
void reply_write(const struct reply *reply, struct writer *w);

/* Appends the line with its newline. Errors: those of bytes_append(). */
int reply_print(const struct reply *reply, struct bytes *b);

/* The line is not a reply. */
#define REPLY_MALFORMED 1

/* What the client holds of a line; owns its strings. */
struct parsed_reply {
	struct reply reply;
	struct json_doc *doc;
};

/*
 * Reads a line, without its newline, that must be a decision or an outcome with everything that
 * belongs to it; keys that aren't known are ignored. Returns 0, REPLY_MALFORMED, -ENOMEM. On
 * success parsed_reply_deinit() frees.
 */
int reply_parse(const char *line, size_t len, struct parsed_reply *ret);
void parsed_reply_deinit(struct parsed_reply *reply);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the operator's verbs share: their options, an exchange with the operator door, and the
 * exit status that an outcome means.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/client.h"
#include "cli/verb.h"
#include "gate/token/token.h"
#include "gate/wire/reply.h"
#include "gate/wire/request.h"

/* The first rows of each such verb's table. `member` of the object is a struct operator_options. */
#define OPERATOR_ROWS(object, member)                                                     \
	{ "socket", 0, "PATH", "the daemon's operator socket",                            \
		OPTION_STRING(object, member.socket) },                                   \
	{                                                                                 \
		"timeout", 0, "TIME", "wait at most so long for an answer (default: 5s)", \
			OPTION_DURATION(object, member.timeout)                           \
	}

struct operator_options {
	const struct verb *verb;
	const char *socket;
	uint64_t timeout;
	const char *look; /* what tells whether something changed; NULL: firma token show */
};

#define OPERATOR_INIT(the_verb)                               \
	{                                                     \
		.verb = (the_verb), .timeout = CLIENT_TIMEOUT \
	}

/* A line before the outcome's. STATUS_DONE, or another status to end with. */
typedef int (*operator_item_fn)(const struct bytes *line, void *userdata);

/*
 * Sends `request` (a line) and hands each item to `fn`, which may be NULL where none belongs.
 * Returns the status that the outcome means; what is wrong has been said, with `about` before it
 * where that isn't NULL. Without `fn`, or with `look`, it asks for a change, of which `about` may
 * have changed when no answer came.
 */
int operator_ask(const struct operator_options *op, const struct bytes *request,
	operator_item_fn fn, void *userdata, const char *about);

/*
 * The end of an answer: what its outcome means, as above. `about` may be NULL. The status of a
 * connection that ended without one is STATUS_UNDECIDED.
 */
int operator_conclude(const struct reply *reply, const char *about);

/* What an operator's request says besides its action; what isn't there is left out. */
struct operation {
	const char *token_id, *fingerprint, *state, *reason;
	const char *signature; /* as ssh-keygen armors it */

	/* Of an approval that leaves an entry in the allowlist; 0: for good. */
	bool always;
	uint64_t for_ms;
	enum confirmed confirmed; /* of any approval */

	/* In place of token_id. */
	bool all, by_uid;
	uint64_t uid;
	const char *session_id;
};

/* Appends the request's line. Errors: those of bytes_append(). */
int operator_print_request(
	enum action action, const struct operation *operation, struct bytes *line);

/*
 * The token that `text` means: an ID, or the beginning of one, of at least TOKEN_PREFIX_MIN
 * characters, that fits one token.
 */
#define TOKEN_PREFIX_MIN 8
int operator_find_token(const struct operator_options *op, const char *text,
	char ret[static NOTATION_UUID_LEN + 1]);

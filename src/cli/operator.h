/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Shared by the operator's verbs: their options, an exchange with the operator door, and the exit
 * status for each outcome.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/client.h"
#include "cli/verb.h"
#include "gate/standing.h"
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
	const char *trusted; /* with `own`, instead: as in cli/ask */
	uint64_t timeout;
	bool own;         /* the asker's own tokens, at the door at which it asks */
	const char *look; /* shows whether something changed; NULL: firma token show */
	const char *done; /* printed after `about` when all is done; or NULL */
};

#define OPERATOR_INIT(the_verb)                               \
	{                                                     \
		.verb = (the_verb), .timeout = CLIENT_TIMEOUT \
	}

/* Called for a line before the outcome. Returns STATUS_DONE, or another status to exit with. */
typedef int (*operator_item_fn)(const struct bytes *line, void *userdata);

/*
 * Sends `request` (a line) and passes each item to `fn`, which may be NULL if no items are
 * expected. Returns the status for the outcome. Errors have been printed, after `about` if that
 * isn't NULL. Without `fn`, or with `look`, the request is a change: if no answer comes, the
 * message says that `about` may have changed.
 */
int operator_ask(const struct operator_options *op, const struct bytes *request,
	operator_item_fn fn, void *userdata, const char *about);

/*
 * Handles the end of an answer: returns the status for its outcome, as above. `about` may be NULL.
 * If the connection ended without an outcome, the status is STATUS_UNDECIDED.
 */
int operator_conclude(const struct reply *reply, const char *about);

/* The members of an operator's request besides its action; unset members are left out. */
struct operation {
	const char *token_id, *fingerprint, *state, *reason;
	const char *signature; /* armored by ssh-keygen */

	struct standing standing; /* of an approval */
	enum confirmed confirmed; /* for any approval */

	/* Instead of token_id. */
	bool all, by_uid;
	bool own; /* of a list: the asker's own */
	uint64_t uid;
	const char *session_id;
};

/* Appends the request's line. Errors: those of bytes_append(). */
int operator_print_request(
	enum action action, const struct operation *operation, struct bytes *line);

/*
 * Finds the token for `text`: its ID, or a prefix of at least TOKEN_PREFIX_MIN characters that only
 * one ID has.
 */
#define TOKEN_PREFIX_MIN 8
int operator_find_token(const struct operator_options *op, const char *text,
	char ret[static NOTATION_UUID_LEN + 1]);

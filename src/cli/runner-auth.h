/* SPDX-License-Identifier: ISC */
#pragma once

/* The proof of a CI runner's identity, which is sent with a request. */

#include "base/bytes.h"
#include "cli/runner-key.h"
#include "cli/verb.h"

struct runner_auth_options {
	const char *token; /* its file, or NULL; "-": standard input; "auto": cli/runner-source */
	const char *audience;
	const char *claims; /* the file of the identity, or NULL */
	const char *key;    /* the file of a shared key, or NULL */
	const char *key_id;
};

#define RUNNER_AUTH_ROWS(object, member)                                                       \
	{ "runner-token", 0, "FILE|auto", "the CI runner's token (OpenID Connect)",            \
		OPTION_STRING(object, member.token) },                                         \
		{ "runner-audience", 0, "AUDIENCE", "for whom it is made, with auto",          \
			OPTION_TEXT(object, member.audience) },                                \
		{ "runner-key", 0, "FILE", "sign as a CI runner with this shared key",         \
			OPTION_STRING(object, member.key) },                                   \
		{ "runner-key-id", 0, "ID", "the ID of that key",                              \
			OPTION_STRING(object, member.key_id) },                                \
	{                                                                                      \
		"runner-claims", 0, "FILE", "the runner's identity (a token must confirm it)", \
			OPTION_STRING(object, member.claims)                                   \
	}

/*
 * Reads the shared key and the identity, if the options name a key: then *ret_signs, and each
 * request must be signed (cli/ask). Returns as the next function.
 */
int runner_auth_load_key(const struct runner_auth_options *options, const struct verb *verb,
	struct runner_key *ret, bool *ret_signs);

/*
 * Adds a token to a request's line, if the options name one. Returns STATUS_DONE, or the status to
 * exit with, with the message already printed.
 */
int runner_auth_add(
	const struct runner_auth_options *options, const struct verb *verb, struct bytes *line);

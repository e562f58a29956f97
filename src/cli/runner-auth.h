/* SPDX-License-Identifier: ISC */
#pragma once

/* The proof of a CI runner's identity, which goes along with a request. */

#include "base/bytes.h"
#include "cli/verb.h"

struct runner_auth_options {
	const char *token;  /* the file of the token, or NULL; "-" is standard input */
	const char *claims; /* the file of the identity, or NULL */
};

#define RUNNER_AUTH_ROWS(object, member)                                       \
	{ "runner-token", 0, "FILE", "the CI runner's token (OpenID Connect)", \
		OPTION_STRING(object, member.token) },                         \
	{                                                                      \
		"runner-claims", 0, "FILE",                                    \
			"the runner's identity in JSON, which the token\n"     \
			"must confirm",                                        \
			OPTION_STRING(object, member.claims)                   \
	}

/*
 * Adds it to a request's line, if the options ask for it. Returns STATUS_DONE, or the status to
 * exit with, with the message already printed.
 */
int runner_auth_add(
	const struct runner_auth_options *options, const struct verb *verb, struct bytes *line);

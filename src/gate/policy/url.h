/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Parses a URL. Parts that programs read in different ways are refused: user information, blanks,
 * backslashes, encoded dots and slashes, numeric hosts other than dotted quads, hosts with letters
 * outside of ASCII other than as "xn--…".
 */

#include <stdbool.h>

struct url {
	char *scheme, *host; /* lower case; no final dot; IPv6 as "[...]", in its usual form */
	char *port;          /* "" for the scheme's default port, or none */
	char *path;          /* from its slash on, decoded, without "." and ".."; at least "/" */
	bool plain_path;     /* the path was written in this normal form */
};

/* Whether the host may be a pattern: with '*' and '?'. */
enum url_form { URL_ADDRESS, URL_PATTERN };

/* Returns 0, 1 with a predicate without its subject in *ret_fault, or -ENOMEM. */
int url_parse(const char *text, enum url_form form, struct url *ret, const char **ret_fault);
void url_deinit(struct url *url);

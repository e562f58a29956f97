/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A URL, taken apart. What programs read in different ways is refused: user information, blanks,
 * backslashes, encoded dots and slashes, hosts that are numbers but no dotted quad.
 */

#include <stdbool.h>

struct url {
	char *scheme, *host; /* in lower case; the host without a last dot, "[...]" of IPv6 */
	char *port;          /* "" where it is the usual one, or there is none */
	char *path;          /* from its slash on, decoded, without "." and ".."; "/" at least */
	bool plain_path;     /* it was written so: nothing was left out or put together */
};

/* Whether a host's pattern may stand: '*' and '?' are allowed in it then. */
enum url_form { URL_ADDRESS, URL_PATTERN };

/* Returns 0, 1 with a sentence without its subject in *ret_fault, or -ENOMEM. */
int url_parse(const char *text, enum url_form form, struct url *ret, const char **ret_fault);
void url_deinit(struct url *url);

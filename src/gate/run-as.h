/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The user and the group as whom a command would run, if a front end such as sudo runs it. On the
 * wire they are numbers: "0:0". A rule names them as "USER", "USER:GROUP", or by numbers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/json/writer.h"

struct run_as {
	uid_t uid;
	gid_t gid;
	bool any_group; /* of a rule that names only the user, and doesn't allow */
};

/* The values of a rule; none: the rule does not say `run_as`. */
struct run_as_list {
	struct run_as *any;
	size_t n;
};

/* Reads "UID:GID", in decimal without leading zeros; false if it is something else. */
bool run_as_parse(const char *text, struct run_as *ret);

/* Whether the value of a request, which has the form of the wire, is one of the list. */
bool run_as_fits(const struct run_as_list *list, const char *value);

/* Writes the list as numbers. */
void run_as_write(struct writer *w, const char *key, const struct run_as_list *list);

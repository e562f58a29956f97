/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The user and group that a front end such as sudo would run a command as. A request sends numbers:
 * "UID:GID". A rule has "USER" or "USER:GROUP", by name or by number.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/json/writer.h"

struct run_as {
	uid_t uid;
	gid_t gid;
	bool any_group; /* the rule names only a user, and does not allow */
};

/* The values of a rule; empty if the rule has no `run_as`. */
struct run_as_list {
	struct run_as *any;
	size_t n;
};

/* Reads "UID:GID", in decimal without leading zeros; false for any other text. */
bool run_as_parse(const char *text, struct run_as *ret);

/* Whether the list has a request's value, "UID:GID". */
bool run_as_fits(const struct run_as_list *list, const char *value);

/* Writes the list as numbers. */
void run_as_write(struct writer *w, const char *key, const struct run_as_list *list);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Whether a file's name is that of a known program. A known name may be followed by a version
 * ("python3.11", "guile-3.0"), by a word that says how the file was built or kept ("-static",
 * ".distrib"), or by both. With any other suffix it is another program ("sg_inq" is not sg). GNU's
 * programs may have "g" or "gnu" before their name, and NixOS keeps the program of a script "env"
 * as ".env-wrapped". Two names of the list are patterns: those of loaders.
 */

#include <stdbool.h>

/*
 * The places in `name` where a known name can begin; more than one, since a name can have a prefix.
 * Compute it once, and test each name of a table with program_begins_alike(), which is faster than
 * program_name_is().
 */
struct program_starts {
	const char *at[3]; /* point into `name` */
	unsigned int n;    /* mostly 1 */
};

struct program_starts program_starts_of(const char *name);

/* Whether the known name, up to a '*' in it, stands at one of the starts. */
bool program_begins_alike(const struct program_starts *starts, const char *known);

/* `known` is ASCII in lower case; a loader's name may hold '*'. */
bool program_name_is(const char *name, const char *known);

/* Whether the pattern may fit a name that program_name_is() accepts; may return true in error. */
bool program_name_could_be(const char *pattern, const char *known);

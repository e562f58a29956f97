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
 * Where a known name can begin in `name` if it is one: a name can have a prefix. For a quick test
 * before program_name_is(), for a whole table of known names.
 */
struct program_starts {
	const char *at[3]; /* in `name` */
	unsigned int n;    /* mostly 1 */
};

struct program_starts program_starts_of(const char *name);

/* Whether all of the known name, up to a '*', stands at one of the starts. */
bool program_begins_alike(const struct program_starts *starts, const char *known);

/* `known` is ASCII in lower case; a loader's name may hold '*'. */
bool program_name_is(const char *name, const char *known);

/* Whether the pattern may fit a name that program_name_is() accepts; may return true in error. */
bool program_name_could_be(const char *pattern, const char *known);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Whether a file's name is that of a known program. A known name may be followed by a version
 * ("python3.11", "guile-3.0"), by a word that says how the file was built or kept ("-static",
 * ".distrib"), or by both; any other suffix makes another program of it ("sg_inq" is not sg). GNU's
 * programs are also known with "g" or "gnu" before their name, and NixOS keeps the program behind a
 * script "env" as ".env-wrapped". Two names of the list are patterns themselves: of loaders.
 */

#include <stdbool.h>

/* `known` is in lower case ASCII; in a loader's it may hold '*'. */
bool program_name_is(const char *name, const char *known);

/* Whether the pattern fits a name that program_name_is() takes; it may err towards true. */
bool program_name_could_be(const char *pattern, const char *known);

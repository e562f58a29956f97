/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy packs that are installed with the program: their names and their files. Embedded:
 * packs_find(), then packs_deinit().
 */

#include <stddef.h>

#include "base/bytes.h"
#include "gate/limits.h"

struct packs {
	char *paths[LIMIT_PACKS_NAMED]; /* absolute */
	size_t n;
};

/* A name that no pack can have, too many names, or the same name twice. */
enum { PACKS_REFUSED = 1 };

/* Appends the absolute path of `directory`; NULL: that of the installed packs. Error: -ENOMEM. */
int packs_directory(const char *directory, struct bytes *ret);

/*
 * `names` is "all", or names separated by commas. `directory` holds the packs; NULL: the installed
 * ones. Returns 0, PACKS_REFUSED with the reason in `why`, or -ENOMEM; on failure there is nothing
 * to free.
 */
int packs_find(const char *names, const char *directory, struct packs *ret, struct bytes *why);
void packs_deinit(struct packs *packs);

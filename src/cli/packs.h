/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The policy packs that are installed with the program: which there are, and where their files lie.
 * Embedded: packs_find(), then packs_deinit().
 */

#include <stddef.h>

#include "base/bytes.h"
#include "gate/limits.h"

struct packs {
	char *paths[LIMIT_PACKS]; /* absolute */
	size_t n;
};

/* A name isn't one that a pack can have; there are too many; or one is named twice. */
#define PACKS_REFUSED 1

/*
 * `names`: "all", or names with commas between them. `directory`: where they lie; NULL: where they
 * are installed. Returns 0, PACKS_REFUSED with what is wrong in `why`, or -ENOMEM; there is nothing
 * to free then.
 */
int packs_find(const char *names, const char *directory, struct packs *ret, struct bytes *why);
void packs_deinit(struct packs *packs);

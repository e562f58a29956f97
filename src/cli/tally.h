/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Counts by name. At most TALLY_ROWS_MAX names have a row; what comes under any other name is
 * counted together, so that memory is bounded. Embedded: tally_init(), then tally_deinit().
 */

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/sha256.h"

#define TALLY_ROWS_MAX 1024
#define TALLY_COLUMNS 3

/* The longest name or note that is kept, in bytes. The rest is cut off. */
#define TALLY_TEXT_MAX 480

struct tally_row {
	uint8_t key[SHA256_LEN]; /* of the whole name */
	char *name, *note;       /* the note may be NULL; the row owns it */
	uint64_t total, n[TALLY_COLUMNS];
};

struct tally {
	struct map map;
	struct tally_row **rows;
	size_t n, size;
	struct tally_row others;
	struct tally_row *last; /* the row that was found last: many records name the same */
};

void tally_init(struct tally *t);
void tally_deinit(struct tally *t);

/* The row of this name, made if it is new; `others` if there is no room. NULL: out of memory. */
struct tally_row *tally_find(struct tally *t, const char *name);

/* Counts one. Returns 0 or -ENOMEM. */
int tally_add(struct tally *t, const char *name, size_t column);

/* Sets the note of a row. Returns 0 or -ENOMEM. */
int tally_set_note(struct tally_row *row, const char *note);

/* Puts the largest first, and equal ones by name. */
void tally_sort(struct tally *t);

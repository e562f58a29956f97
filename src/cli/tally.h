/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * Counts by name. At most TALLY_ROWS_MAX names have a row; all further names are counted in one,
 * so that memory is bounded. Embedded: tally_init(), then tally_deinit().
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
	uint8_t key[SHA256_LEN]; /* SHA-256 of the whole name */
	char *name, *note;       /* both owned; the note may be NULL */
	uint64_t total, n[TALLY_COLUMNS];
};

struct tally {
	struct map map;
	struct tally_row **rows;
	size_t n, size;
	struct tally_row others;
	struct tally_row *last; /* the row found last: the next record often has the same name */
};

void tally_init(struct tally *t);
void tally_deinit(struct tally *t);

/* The row of this name, added if it is new; `others` if the table is full. NULL: out of memory. */
struct tally_row *tally_find(struct tally *t, const char *name);

/* Adds 1 to the name's column and its total. Returns 0 or -ENOMEM. */
int tally_add(struct tally *t, const char *name, size_t column);

/* Sets the note of a row, a copy. Returns 0 or -ENOMEM. */
int tally_set_note(struct tally_row *row, const char *note);

/* Sorts the rows by total, the largest first; equal ones by name. */
void tally_sort(struct tally *t);

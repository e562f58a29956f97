/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A card: labelled fields, one below the other, folded to the right of the labels so that foreign
 * text can't imitate a label. Embedded: card_init(), then for each field append to `value` and call
 * card_add(), then print, then card_deinit(). Errors stick; printing returns the first one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "cli/console.h"

/* The column of the values. */
#define CARD_VALUE_COLUMN 13

/* More than there are fields on any card. */
#define CARD_FIELDS_MAX 40

struct card {
	const struct console *console;
	struct bytes value; /* of the field being added, escaped */
	int error;          /* the first one, or 0 */
	size_t long_field;  /* the index of one whose end is shown if it is cut */

	struct bytes text;
	size_t starts[CARD_FIELDS_MAX + 1]; /* the end of the last field too */
	size_t lines[CARD_FIELDS_MAX];
	enum style styles[CARD_FIELDS_MAX];
	size_t n;
};

void card_init(struct card *c, const struct console *console);
void card_deinit(struct card *c);

/* Notes an error, if `r` is one. */
void card_check(struct card *c, int r);

/* Adds a field with the value built so far; without a value the label stands alone. */
void card_add(struct card *c, const char *label, enum style style);

/* Adds a foreign text, quoted; adds nothing if it is NULL. */
void card_add_text(struct card *c, const char *label, const char *text);

/* Removes the last field. */
void card_drop(struct card *c);

/* Whether the whole card fits into `rows` lines of the screen. */
bool card_fits(const struct card *c, size_t rows);

/* Both append. Errors: those of bytes_append(), and the first one before. */
int card_append(const struct card *c, struct bytes *b);

/*
 * As much as fits into `rows`: long fields lack their middle, and the last fields may be missing.
 * Each cut field and the end say how many lines are hidden. The end names the command that shows
 * all.
 */
int card_append_cut(const struct card *c, size_t rows, const char *command, struct bytes *b);

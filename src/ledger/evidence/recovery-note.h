/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * What the store says of evidence: which records go along with the changes of one turn. It is a
 * line of the turn's batch, so that it is there if and only if they are:
 *
 *	{"evidence":17,"tokens":["17 5d3c9a52-…","19 5d3c9a52-…"],"allowlist":["18 {…}"]}
 *
 * The turn's records have the sequences from 17 on; the first and the third are about changes of a
 * token. A record may be about several tokens. The second is about a change of the allowlist (see
 * gate/allowlist/allow-change), which may happen after this line is on record; "allowlist" is
 * missing where there is none. The store keeps the last such line.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/notation.h"

#define RECOVERY_NOTE_BEGIN "{\"evidence\":"

struct recovery_note {
	uint64_t first;       /* sequence of the turn's first record */
	size_t n;             /* entries */
	struct bytes entries; /* each ended by NUL */
	size_t n_changes;
	struct bytes changes; /* of the allowlist, alike */
};

#define RECOVERY_NOTE_INIT                                                                      \
	{                                                                                       \
		.entries = BYTES_INIT(BYTES_UNLIMITED), .changes = BYTES_INIT(BYTES_UNLIMITED), \
	}

void recovery_note_deinit(struct recovery_note *note);

/* Adds an entry: a record, and a token that it is about. */
int recovery_note_add(struct recovery_note *note, uint64_t sequence, const uint8_t id[static 16]);

/* Reads an entry, and moves *entry to the next. */
void recovery_note_next(const char **entry, uint64_t *ret_sequence, uint8_t ret_id[static 16]);

/* The same for a change of the allowlist, a JSON object. */
int recovery_note_add_change(struct recovery_note *note, uint64_t sequence, const char *change);

/* Reads a change, and moves *entry to the next. The result lies in the note. */
const char *recovery_note_next_change(const char **entry, uint64_t *ret_sequence);

/* Appends the line, without a newline. */
int recovery_note_print(const struct recovery_note *note, struct bytes *b);

/* It is no such line. */
#define RECOVERY_NOTE_MALFORMED 1

/* Into a note that is empty. Returns 0, RECOVERY_NOTE_MALFORMED, or -ENOMEM. */
int recovery_note_parse(const char *line, size_t len, struct recovery_note *ret);

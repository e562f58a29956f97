/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The store's note about evidence: which records belong to the changes of one turn. It is a line of
 * the turn's batch, so either both are on record or neither is:
 *
 *	{"evidence":17,"tokens":["17 5d3c9a52-…","19 5d3c9a52-…"],"allowlist":["18 {…}"]}
 *
 * The turn's records have the sequences from 17 on. Here 17 and 19 are about changes of a token; a
 * record may be about several tokens. 18 is about a change of the allowlist (see
 * gate/allowlist/allow-change), which may happen after this line is on record; "allowlist" is
 * missing if there is no such change. The store keeps only the last such line.
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
	struct bytes changes; /* allowlist changes, each ended by NUL */
};

#define RECOVERY_NOTE_INIT                                          \
	{                                                           \
		.entries = BYTES_PRINTED, .changes = BYTES_PRINTED, \
	}

void recovery_note_deinit(struct recovery_note *note);

/* Adds an entry: a record, and a token that it is about. */
int recovery_note_add(struct recovery_note *note, uint64_t sequence, const uint8_t id[static 16]);

/* Reads an entry, and moves *entry to the next. */
void recovery_note_next(const char **entry, uint64_t *ret_sequence, uint8_t ret_id[static 16]);

/* The same for a change of the allowlist; `change` is a JSON object. */
int recovery_note_add_change(struct recovery_note *note, uint64_t sequence, const char *change);

/* Reads a change, and moves *entry to the next. The note owns the result. */
const char *recovery_note_next_change(const char **entry, uint64_t *ret_sequence);

/* Appends the line, without a newline. */
int recovery_note_print(const struct recovery_note *note, struct bytes *b);

/* The line is not a note. */
enum { RECOVERY_NOTE_MALFORMED = 1 };

/* Parses a line into an empty note. Returns 0, RECOVERY_NOTE_MALFORMED, or -ENOMEM. */
int recovery_note_parse(const char *line, size_t len, struct recovery_note *ret);

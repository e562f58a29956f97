/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One line of a stream of evidence, as firma-evidence(5) describes it: what ties it to the line
 * before it, and what it is signed with. The members that are cut out of the hashed text are found
 * by parsing; and since nothing protects how they are written, there is one way to write them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "ledger/evidence/key.h"

/* No line is longer, without its newline. */
#define CHAIN_LINE_MAX ((size_t)1 << 20)

/* A record holds a request, which may be as deep as a request may; and others write deeper ones. */
#define CHAIN_DEPTH_MAX 64

/* Strict JSON, but for the depth, and that strings may hold \u0000. */
extern const struct scan_limits chain_limits;

#define CHAIN_HASH_LEN 64 /* hex digits */
#define CHAIN_KEY_ID_MAX 128

#define CHAIN_SEQUENCE_MAX ((uint64_t)JSON_INTEGER_MAX)

#define CHAIN_SCHEMA_FIRMA "firma.evidence.v1"
#define CHAIN_SCHEMA_CAVRA "cavra.go-daemon.evidence.v1"

/* Where a stream stands: its last record. Sequence 0 and "" before the first. */
struct chain_head {
	uint64_t sequence;
	char hash[CHAIN_HASH_LEN + 1];
};

/* "17:0a1b…", 64 digits. False where it isn't such a text. */
bool chain_parse_head(const char *text, struct chain_head *ret);

struct chain_signature {
	enum signature_algorithm algorithm; /* SIGNATURE_NONE: one that isn't known */
	char key_id[CHAIN_KEY_ID_MAX + 1];
	const char *value; /* in the line */
	size_t value_len;
};

/* What a line says of itself. */
struct chain_record {
	const char *schema;                /* one of the above */
	struct chain_head head;            /* its sequence, and its record_hash as written */
	char previous[CHAIN_HASH_LEN + 1]; /* or "" */
	bool is_signed;
	struct chain_signature signature;

	/* The two pieces of the line that are cut out of it: offsets, in this order. */
	struct {
		size_t start, end;
	} cuts[2];
};

/* The line is no record. */
#define CHAIN_REFUSED 1

/* Returns 0, CHAIN_REFUSED with why appended, or -ENOMEM. */
int chain_parse(const char *line, size_t len, struct chain_record *ret, struct bytes *why);

/* Whether it is signed with this key; without a key, whether it is not signed. */
bool chain_is_signed_with(const struct chain_record *record, const struct evidence_key *key);

/* What the record_hash must be. */
void chain_hash(const char *line, size_t len, const struct chain_record *record,
	char ret[static CHAIN_HASH_LEN + 1]);

/*
 * Appends a whole line, with its newline: `before` is what stands in front of record_hash, from the
 * brace to the comma; `tail` what follows it, from the comma on, without the last brace.
 */
int chain_print(const char *before, const struct bytes *tail, const char *previous,
	const struct evidence_key *key, struct bytes *b, char ret_hash[static CHAIN_HASH_LEN + 1]);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One line of an evidence stream, as firma-evidence(5) describes it: its link to the line before,
 * and its signature. The hash leaves two members out; they are found by parsing. Since the hash
 * doesn't protect how they are written, only the way in which their writer writes them is accepted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "ledger/evidence/key.h"

/* The longest line, without its newline. */
#define CHAIN_LINE_MAX ((size_t)2 << 20)

/* A record holds a request, as deep as a request may be; other writers' records are deeper. */
#define CHAIN_DEPTH_MAX 64

/* Strict JSON, except that the depth is larger and that strings may hold \u0000. */
extern const struct scan_limits chain_limits;

#define CHAIN_HASH_LEN 64 /* hex digits */
#define CHAIN_KEY_ID_MAX 128

#define CHAIN_SEQUENCE_MAX ((uint64_t)JSON_INTEGER_MAX)

#define CHAIN_SCHEMA_FIRMA "firma.evidence.v1"
#define CHAIN_SCHEMA_CAVRA "cavra.go-daemon.evidence.v1"

/* The last record of a stream. Sequence 0 and "" before the first. */
struct chain_head {
	uint64_t sequence;
	char hash[CHAIN_HASH_LEN + 1];
};

/* Parses "17:0a1b…", with 64 hex digits. False: the text is malformed. */
bool chain_parse_head(const char *text, struct chain_head *ret);

struct chain_signature {
	enum signature_algorithm algorithm; /* SIGNATURE_NONE: unknown */
	const char *key_id; /* in the line, as written between its quotes; NULL: it has none */
	size_t key_id_len;
	const char *value; /* in the line */
	size_t value_len;
};

/* The members of a line that concern the chain. */
struct chain_record {
	const char *schema;                /* one of the above */
	struct chain_head head;            /* the line's sequence, and its record_hash as written */
	char previous[CHAIN_HASH_LEN + 1]; /* or "" */
	bool is_signed;
	struct chain_signature signature;

	/* The two pieces of the line that the hash leaves out: offsets, in this order. */
	struct {
		size_t start, end;
	} cuts[2];
};

/* The line is not a record. */
enum { CHAIN_REFUSED = 1 };

/* Returns 0, CHAIN_REFUSED with why appended, or -ENOMEM. */
int chain_parse(const char *line, size_t len, struct chain_record *ret, struct bytes *why);

/* Appends the characters of the signature's key_id, which it must have. Error: -ENOMEM. */
int chain_append_key_id(const struct chain_signature *signature, struct bytes *b);

/* Whether the record is signed with this key; if `key` is NULL, whether it is unsigned. */
bool chain_is_signed_with(const struct chain_record *record, const struct evidence_key *key);

/* Computes the record_hash that the line must have. */
void chain_hash(const char *line, size_t len, const struct chain_record *record,
	char ret[static CHAIN_HASH_LEN + 1]);

/*
 * Appends a whole line, with its newline. `before` is the text in front of record_hash, from the
 * brace to the comma; `tail` is the text after it, from the comma on, without the last brace.
 */
int chain_print(const char *before, const struct bytes *tail, const char *previous,
	const struct evidence_key *key, struct bytes *b, char ret_hash[static CHAIN_HASH_LEN + 1]);

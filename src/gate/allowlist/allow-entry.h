/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One entry of the allowlist: what it allows, how it is read, and how one is made from an approved
 * token or for an operator. New entries are made as text and then read like those of the file, so
 * that nothing can be written that would not be read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/json/tree.h"
#include "gate/fields.h"
#include "gate/policy/rule.h"
#include "gate/token/token.h"

/* Requests without an agent have this one; the other is every agent. */
#define ALLOW_AGENT_NONE "main"
#define ALLOW_AGENT_ANY "*"

/* `source` of those that came from an approval. */
#define ALLOW_SOURCE_ALWAYS "allow-always"
#define ALLOW_SOURCE_ADDED "allow-add"

/* No end. In ms since 1970, as all times here. */
#define ALLOW_FOREVER UINT64_MAX

struct allow_entry {
	/* Strings are NULL where it has none. */
	const char *agent, *id, *pattern, *arg_pattern, *source;
	const char *real_path;      /* where the executable ends up, if elsewhere */
	const char *bounds[FIELDS]; /* what the asker must say; of fields that have an entry_key */
	bool has_uid, has_by;
	uid_t uid;
	uid_t by; /* the operator who made it, whose own requests it does not allow */
	uint64_t expires;
	uint64_t made; /* when; 0 where it doesn't say */

	/* What `arg_pattern` is the hash of, to be shown; NULL and none where it isn't kept. */
	const char *cwd;
	struct string_list args;
	bool has_args;
	struct bytes args_text;

	bool has_argv;
	struct rule rule; /* `pattern` and `argv` as a rule that allows; "**" without argv */

	bool literal;   /* the pattern fits nothing but itself */
	bool any_agent; /* it is for all of them */
	bool always;    /* it came from an approval */
	bool idle;      /* it is read and kept, and matches nothing */

	const char *text; /* as it stands in the document */
	size_t len;

	char *owned_agent, *owned_text;
	struct json_doc *doc;
};

/* What was read is no entry; `why` was appended to. */
#define ALLOW_FAULTY 1

/* Reads the text of an object that base/json/scan has shown; it must stay. 0, ALLOW_FAULTY,
 * -ENOMEM. */
int allow_entry_read(const char *agent, const char *text, size_t len, struct bytes *why,
	struct allow_entry **ret);
void allow_entry_free(struct allow_entry *entry);
DEFINE_CLEANUP(struct allow_entry *, allow_entry_free)

bool allow_entry_is_over(const struct allow_entry *entry, uint64_t now);

/* Whether it is the same by what identifies it: agent, pattern, argPattern, argv, by. */
bool allow_entry_is_same(const struct allow_entry *a, const struct allow_entry *b);

/* Whether what `b` asks for is there already with `a`, which is the same: bounds and time. */
bool allow_entry_covers(const struct allow_entry *a, const struct allow_entry *b);

/*
 * Why no entry can be made from a token, appended as a sentence; returns 0 where one can be,
 * ALLOW_FAULTY, -ENOMEM.
 */
int allow_check_token(const struct token *token, const struct trusted *trusted, struct bytes *why);

/* The entry for a token that passes, made by whoever approved it. Error: -ENOMEM. */
int allow_entry_from_token(const struct token *token, const uint8_t id[static 16], uint64_t expires,
	struct allow_entry **ret);

/*
 * The entry that the operator `by` adds; `argv` is JSON, an array. Returns 0, ALLOW_FAULTY with
 * `why`, or -ENOMEM.
 */
int allow_entry_from_patterns(const char *agent, const char *pattern, const char *argv, uid_t by,
	const uint8_t id[static 16], uint64_t now, uint64_t expires, struct bytes *why,
	struct allow_entry **ret);

/*
 * Appends a copy of its text; where it takes the place of `old` (or NULL), with that one's ID, and
 * those of its members that aren't known here.
 */
int allow_entry_append(
	const struct allow_entry *entry, const struct allow_entry *old, struct bytes *b);

/* When it was used last, and on which file. */
struct allow_use {
	uint64_t at; /* 0: never */
	const char *path;
};

/* Appends one object without a newline: the item of a list. */
int allow_entry_print(const struct allow_entry *entry, const struct allow_use *use, uint64_t now,
	struct bytes *b);

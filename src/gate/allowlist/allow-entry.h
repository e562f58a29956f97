/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * One entry of the allowlist: what it allows, how it is read, and how one is made from an approved
 * token or for an operator. A new entry is made as text and then read like an entry of the file, so
 * that every entry that is written can be read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/json/dispatch.h"
#include "base/json/writer.h"
#include "gate/allowlist/allow-bind.h"
#include "gate/fields.h"
#include "gate/policy/rule.h"
#include "gate/standing.h"
#include "gate/token/token.h"

/* NONE is the agent of requests without one; ANY stands for every agent. */
#define ALLOW_AGENT_NONE "main"
#define ALLOW_AGENT_ANY "*"

/* `source` of entries that came from an approval. */
#define ALLOW_SOURCE_ALWAYS "allow-always"
#define ALLOW_SOURCE_ADDED "allow-add"

/* The entry never expires. Times are in ms since 1970. */
#define ALLOW_FOREVER UINT64_MAX

/* Not a user: see chown(2). */
#define ALLOW_NO_USER ((uid_t)-1)

struct allow_entry {
	/* A string is NULL if the entry lacks it. */
	const char *agent, *id, *pattern, *arg_pattern, *source;
	const char *real_path;      /* the executable's real path, if it is another */
	const char *programs;       /* hash of the programs of a plain line of shell */
	const char *bounds[FIELDS]; /* required values of the fields that have an entry_key */
	bool has_bounds;            /* one of `bounds` is set */
	uint8_t scope;              /* as the operator named it (gate/standing), or 0 */
	enum allow_form form;       /* of `arg_pattern`, if it is known */
	uid_t uid;                  /* this user only; ALLOW_NO_USER: any */
	uid_t by; /* its maker, whose own requests it does not allow; or ALLOW_NO_USER */

	/* Of an entry that was added with a signature: the principal, and the key's fingerprint. */
	const char *signer, *signer_key;
	bool touched, verified; /* as the security key said */

	uint64_t expires;
	uint64_t made; /* time; 0 if not known */

	/* The values that `arg_pattern` hashes, for display; NULL and none if they weren't kept. */
	const char *cwd;
	struct string_list args;
	bool has_args;
	struct bytes args_text;

	bool has_argv;
	struct rule rule; /* allows `pattern` with `argv`, or "**" without argv */

	/* Of an entry for requests of the second contract (gate/allowlist/allow-asked); else KINDS.
	 */
	enum kind kind;

	bool literal;   /* `pattern` has no wildcard */
	bool any_agent; /* it is for every agent */
	bool always;    /* it came from an approval */
	bool idle;      /* it is kept, but matches nothing */

	const char *text; /* its text in the document */
	size_t len;

	char *owned_agent, *owned_text;
	struct json_doc *doc;
};

/* The text is not a valid entry; the reason was appended to `why`. */
enum { ALLOW_FAULTY = DISPATCH_REFUSED };

/*
 * Reads the text of an object that base/json/scan has accepted; the text must outlive the entry.
 * Returns 0, ALLOW_FAULTY or -ENOMEM.
 */
int allow_entry_read(const char *agent, const char *text, size_t len, struct bytes *why,
	struct allow_entry **ret);
void allow_entry_free(struct allow_entry *entry);
DEFINE_CLEANUP(struct allow_entry *, allow_entry_free)

bool allow_entry_is_over(const struct allow_entry *entry, uint64_t now);

/*
 * Whether both have the same identity: agent, pattern, argPattern, argv, by, scope, session; and,
 * if an operator has named the scope, uid, sandbox and profile.
 */
bool allow_entry_is_same(const struct allow_entry *a, const struct allow_entry *b);

/*
 * For two entries with the same identity: whether `a` already allows what `b` would allow (bounds
 * and time).
 */
bool allow_entry_covers(const struct allow_entry *a, const struct allow_entry *b);

/*
 * Whether an entry of this scope can be made from a token: returns 0, ALLOW_FAULTY with the reason
 * appended to `why`, or -ENOMEM.
 */
int allow_check_token(
	const struct token *token, uint8_t scope, const struct trusted *trusted, struct bytes *why);

/*
 * Makes the entry for a token whose scope passes allow_check_token(). Its maker is the token's
 * approver. Error: -ENOMEM.
 */
int allow_entry_from_token(const struct token *token, const uint8_t id[static 16], uint64_t expires,
	struct allow_entry **ret);

/* Who added an entry with a key. */
struct allow_signer {
	const char *principal, *key;
	bool touched, verified;
};

/*
 * Makes the entry that the operator `by` adds. If the addition is signed, `signer` is the maker,
 * and `by` doesn't matter; otherwise `signer` is NULL. `argv` is a JSON array. Returns 0,
 * ALLOW_FAULTY with the reason appended to `why`, or -ENOMEM.
 */
int allow_entry_from_patterns(const struct addition *addition, const char *argv, uid_t by,
	const struct allow_signer *signer, const uint8_t id[static 16], uint64_t now,
	uint64_t expires, struct bytes *why, struct allow_entry **ret);

/*
 * Appends the entry's text. If it replaces `old` (or NULL), it gets the ID of `old`, and those
 * members of `old` whose keys are not known here.
 */
int allow_entry_append(
	const struct allow_entry *entry, const struct allow_entry *old, struct bytes *b);

/* When an entry was last used, and for which file. */
struct allow_use {
	uint64_t at; /* 0: never */
	const char *path;
};

/* Writes the members that say what the entry allows: not to whom, nor who made it. */
void allow_entry_write_matter(struct writer *w, const struct allow_entry *entry, uint64_t now);

/* Appends one object without a newline: an item of a list. */
int allow_entry_print(const struct allow_entry *entry, const struct allow_use *use, uint64_t now,
	struct bytes *b);

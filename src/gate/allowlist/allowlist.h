/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The allowlist: standing approvals, read from one JSON document (design, section 8). It keeps the
 * document's text; changes cut text out of it or insert text, so that the rest stays as its author
 * wrote it. Reading and matching read nothing but their arguments.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "gate/allowlist/allow-entry.h"
#include "gate/policy/candidate.h"
#include "gate/policy/rule.h"
#include "gate/token/token.h"
#include "gate/wire/request.h"

struct allowlist;

/* A document without entries, to begin with. */
#define ALLOWLIST_EMPTY "{\"version\":1,\"agents\":{}}\n"

/*
 * The latest time that was seen. It keeps a clock that is set back from reviving expired entries.
 * It advances within one boot; in a later boot it continues from the last time noted.
 */
struct allow_clock {
	bool known;
	uint8_t boot_id[16];
	uint64_t boot; /* ms since boot */
	uint64_t wall; /* ms since 1970 */
};

/* Notes the current time. */
void allow_clock_move(struct allow_clock *clock, const struct moment *now);

/* Keeps the later of the two clocks, if `other` is known. */
void allow_clock_merge(
	struct allow_clock *clock, const struct allow_clock *other, const struct moment *now);

/*
 * Reads the text of an object that base/json/scan has accepted. *ret_fine is false if the object is
 * not a clock.
 */
int allow_clock_read(const char *text, size_t len, struct allow_clock *ret, bool *ret_fine);
int allow_clock_print(const struct allow_clock *clock, struct bytes *b);

#define ALLOWLIST_FULL "the allowlist is full"

/* The document is invalid; see allow_entry_read(). */
enum { ALLOWLIST_FAULTY = ALLOW_FAULTY };

/*
 * Reads a document; copies the text. Returns 0, ALLOWLIST_FAULTY with a sentence appended to `why`,
 * or -ENOMEM.
 */
int allowlist_parse(const char *text, size_t len, struct bytes *why, struct allowlist **ret);
void allowlist_free(struct allowlist *list);
DEFINE_CLEANUP(struct allowlist *, allowlist_free)

size_t allowlist_size(const struct allowlist *list);
const struct allow_entry *allowlist_entry(const struct allowlist *list, size_t index);
const struct bytes *allowlist_text(const struct allowlist *list);
const struct allow_clock *allowlist_clock(const struct allowlist *list);

/* The earliest expiry of an entry; ALLOW_FOREVER if none expires. */
uint64_t allowlist_first_end(const struct allowlist *list);

/* NULL if there is no such entry. */
const struct allow_entry *allowlist_find(const struct allowlist *list, const char *id);
const struct allow_entry *allowlist_find_same(
	const struct allowlist *list, const struct allow_entry *entry);

/*
 * Whether a token can be approved for good: returns 0, ALLOW_FAULTY with the reason appended to
 * `why`, or -ENOMEM. `list` is NULL if there is no allowlist.
 */
int allowlist_check_token(const struct allowlist *list, const struct token *token, uint8_t scope,
	const struct trusted *trusted, struct bytes *why);

/* A verdict's change of the allowlist, made after its other changes are on record. */
enum allow_kind { ALLOW_NOTHING, ALLOW_ADD, ALLOW_REMOVE };

struct allow_change {
	enum allow_kind kind;
	struct allow_entry *entry; /* to be added */
	char *id;                  /* to be removed */
	char *removed, *agent;     /* the text of that entry and its agent, for the record */
};

/*
 * The entry that allows a request (a local.exec without a fault) at a time, or NULL. Entries with
 * bound arguments are preferred. An entry that the asker itself made matches only with
 * `self_approval`, and one by approval for an opaque line only with `opaque_lines`. Error: -ENOMEM.
 */
int allowlist_match(const struct allowlist *list, const struct request *request,
	const struct asker *asker, bool self_approval, bool opaque_lines,
	const struct trusted *trusted, uint64_t now, const struct allow_entry **ret);

/* The same for a request of the second contract for which evaluate_bind() was called. */
int allowlist_match_asked(const struct allowlist *list, const struct request *request,
	const struct asker *asker, bool self_approval, uint64_t now,
	const struct allow_entry **ret);

/*
 * Appends the document without the entries that `drop` marks (by index; NULL: none). `add` (or
 * NULL) is added in the place of `old` (or NULL; see allow_entry_append()). The clock is replaced
 * by `clock` (NULL: left as it is).
 */
int allowlist_print(const struct allowlist *list, const bool *drop, const struct allow_entry *add,
	const struct allow_entry *old, const struct allow_clock *clock, struct bytes *b);

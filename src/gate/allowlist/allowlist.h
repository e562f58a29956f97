/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The allowlist: standing approvals, read from one JSON document (design, section 8). It keeps the
 * document's text; what is changed is cut out of or put into that, so that everything else in it
 * stays as somebody wrote it. Reading and matching read nothing but their arguments.
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

/* What a document is that nobody has written yet. */
#define ALLOWLIST_EMPTY "{\"version\":1,\"agents\":{}}\n"

/*
 * How late it was, as far as somebody has seen: a clock that is set back must not revive what is
 * over. In one boot it goes on by itself; a later boot goes on from where it was.
 */
struct allow_clock {
	bool known;
	uint8_t boot_id[16];
	uint64_t boot; /* ms since boot */
	uint64_t wall; /* ms since 1970 */
};

/* How late it is, in ms since 1970, by the wall clock and this one, whichever is later. */
uint64_t allow_clock_now(const struct allow_clock *clock, const struct moment *now);

/* Goes on to now. */
void allow_clock_move(struct allow_clock *clock, const struct moment *now);

/* The later one, where `other` is known. */
void allow_clock_merge(
	struct allow_clock *clock, const struct allow_clock *other, const struct moment *now);

/* Reads the text of an object that base/json/scan has shown, and appends it. False: it is none. */
int allow_clock_read(const char *text, size_t len, struct allow_clock *ret, bool *ret_fine);
int allow_clock_print(const struct allow_clock *clock, struct bytes *b);

#define ALLOWLIST_FULL "the allowlist is full"

/* The document can't be read; see allow_entry_read(). */
#define ALLOWLIST_FAULTY ALLOW_FAULTY

/*
 * Reads a document. Returns 0, ALLOWLIST_FAULTY with a sentence appended to `why`, or -ENOMEM. The
 * text is copied.
 */
int allowlist_parse(const char *text, size_t len, struct bytes *why, struct allowlist **ret);
void allowlist_free(struct allowlist *list);
DEFINE_CLEANUP(struct allowlist *, allowlist_free)

size_t allowlist_size(const struct allowlist *list);
const struct allow_entry *allowlist_entry(const struct allowlist *list, size_t index);
const struct bytes *allowlist_text(const struct allowlist *list);
const struct allow_clock *allowlist_clock(const struct allowlist *list);

/* When the first of them ends; ALLOW_FOREVER where none does. */
uint64_t allowlist_first_end(const struct allowlist *list);

/* NULL where it isn't there. */
const struct allow_entry *allowlist_find(const struct allowlist *list, const char *id);
const struct allow_entry *allowlist_find_same(
	const struct allowlist *list, const struct allow_entry *entry);

/*
 * Why a token can't be approved for good, appended as a sentence; returns 0 where it can be,
 * ALLOW_FAULTY, -ENOMEM. `list`: NULL where there is none.
 */
int allowlist_check_token(const struct allowlist *list, const struct token *token,
	const struct trusted *trusted, struct bytes *why);

/* What becomes of the allowlist, once everything else that a verdict changes is on record. */
enum allow_kind { ALLOW_NOTHING, ALLOW_ADD, ALLOW_REMOVE };

struct allow_change {
	enum allow_kind kind;
	struct allow_entry *entry; /* to be added */
	char *id;                  /* to be removed */
};

/*
 * The entry that allows a request (a local.exec without a fault) at a time, or NULL. Of several,
 * one with bound arguments. An entry that the asker has made itself fits only with `self_approval`.
 * Error: -ENOMEM.
 */
int allowlist_match(const struct allowlist *list, const struct request *request,
	const struct asker *asker, bool self_approval, const struct trusted *trusted, uint64_t now,
	const struct allow_entry **ret);

/*
 * Appends the document without the entries that `drop` marks (by index; NULL: none), with one more
 * (or NULL) that takes the place of `old` (or NULL; see allow_entry_append()), and with this clock
 * (or NULL, where it has none).
 */
int allowlist_print(const struct allowlist *list, const bool *drop, const struct allow_entry *add,
	const struct allow_entry *old, const struct allow_clock *clock, struct bytes *b);

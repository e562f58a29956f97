/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The members of one object, read straight from the strict scan: no tree is built. The text must
 * outlive them. Embedded: MEMBERS_INIT, members_read(), then members_deinit().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/json/scan.h"

struct member {
	const char *key;  /* unescaped, NUL-terminated */
	const char *text; /* the value as it stands in the text */
	size_t len;
	uint32_t next; /* of the same chain: an index + 1; 0 ends it */
	bool escaped;  /* a string with an escape */
};

#define MEMBERS_CHAINS 64

struct members {
	struct member *list; /* in the order of the text */
	size_t n, size;
	uint32_t chains[MEMBERS_CHAINS]; /* as `next`, by the keys' first two letters */
	const char *text;
	char *copy;           /* of the text, with a NUL after each key and string */
	struct bytes decoded; /* never moves: decoded, strings are shorter than in the text */
};

#define MEMBERS_INIT \
	{            \
		0    \
	}

/*
 * Scans the text. Returns 0, SCAN_REFUSED with the members before the fault, or -ENOMEM. Call once.
 */
int members_read(
	struct members *members, const char *text, size_t len, struct scan_fault *ret_fault);
void members_deinit(struct members *members);

/* The member with this key; NULL if there is none. */
const struct member *members_find_any(const struct members *members, const char *key);

/* The same; also NULL if it is null. */
const struct member *members_find(const struct members *members, const char *key);

/*
 * The value as a C string; NULL if it is not a string. A value must be decoded at most once: all
 * decoded strings belong to the members, which have room for each.
 */
const char *members_string(struct members *members, const struct member *member);

/*
 * The strings of an array, each ended by NUL: their number, and the bytes of all. Returns 0,
 * SCAN_OTHER if it is not an array of strings, or -ENOMEM.
 */
int members_strings(struct members *members, const struct member *member, const char **ret,
	size_t *ret_n, size_t *ret_len);

/* Where others append what they decode of a value; NULL without memory. */
struct bytes *members_room(struct members *members);

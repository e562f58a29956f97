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
	uint32_t next; /* index + 1 of the next member in its chain; 0: the last one */
	bool escaped;  /* the value is a string with an escape */
};

#define MEMBERS_CHAINS 64

struct members {
	struct member *list; /* in the order of the text */
	size_t n, size;
	uint32_t chains[MEMBERS_CHAINS]; /* index + 1 of each chain's first member; 0: empty */
	const char *text;
	char *copy;           /* of the text, with a NUL after each key and string */
	struct bytes decoded; /* never reallocated: decoding makes no string longer */
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
 * Decodes the value to a C string, which `members` owns; NULL if it is not a string. Call it at
 * most once for each value: there is room for one copy of each.
 */
const char *members_string(struct members *members, const struct member *member);

/*
 * Decodes an array of strings. *ret is the strings, one after another, each ended by NUL; `members`
 * owns them. *ret_n is their number, *ret_len the length of all. Returns 0, SCAN_OTHER if the value
 * is not an array of strings, or -ENOMEM.
 */
int members_strings(struct members *members, const struct member *member, const char **ret,
	size_t *ret_n, size_t *ret_len);

/* The buffer for decoded values, to which other readers may append; NULL on -ENOMEM. */
struct bytes *members_room(struct members *members);

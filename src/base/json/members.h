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
	const char *key; /* unescaped, NUL-terminated */
	unsigned int hash;
	const char *text; /* the value as it stands in the text */
	size_t len;
};

struct members {
	struct member *list; /* in the order of the text */
	size_t n, size;
	uint64_t hashes; /* a bit for each member's: most keys that are missing are not searched */
	const char *text;
	char *copy;             /* of the text, with a NUL after each key and string */
	struct bytes unescaped; /* never moves: unescaped, strings are shorter than in the text */
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

/* The value as a C string, which the members own; NULL if it is not a string. */
const char *members_string(struct members *members, const struct member *member);

/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * The approvals of a token. They are kept as strings that follow one another, APPROVAL_STRINGS for
 * each approval, so that a token, the store's file and a change all hold them in one form.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/invocation.h"

#define APPROVAL_STRINGS 5

/* The strings belong to the list. */
struct approval_entry {
	const char *by;     /* the principal, or "uid 1000" if not signed */
	uid_t uid;          /* who sent it */
	uint64_t at;        /* µs of the wall clock */
	const char *groups; /* if not signed: its groups, separated by blanks */
	const char *armor;  /* the signature; "" if there is none */
};

/* Whether the strings are valid approvals. */
bool approvals_make_sense(const struct string_list *list);

size_t approvals_count(const struct string_list *list);

/* Iterates over a valid list: start with `*at` NULL. False at the end. */
bool approvals_next(const struct string_list *list, const char **at, struct approval_entry *ret);

/* Appends one to the strings in `b`. Error: -ENOMEM. */
int approvals_append(struct bytes *b, const struct approval_entry *approval);

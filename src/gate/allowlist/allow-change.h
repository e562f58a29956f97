/* SPDX-License-Identifier: ISC */
#pragma once

/*
 * A change of the allowlist as text, to be recorded before it is made:
 *
 *	{"change":"add","by":1000,"agent":"ci","entry":{"id":"…",…}}
 *	{"change":"remove","by":1000,"id":"…"}
 *
 * `by` is the uid of the operator, or of the asker whose token was approved always.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "gate/allowlist/allowlist.h"

/* Appends the text of a change, whose kind is not ALLOW_NOTHING. Error: -ENOMEM. */
int allow_change_print(const struct allow_change *change, uid_t by, struct bytes *b);

/* The text is not a change. */
enum { ALLOW_CHANGE_MALFORMED = 1 };

/*
 * Reads such a text and checks whether the list already has the change. Returns 0,
 * ALLOW_CHANGE_MALFORMED, or -ENOMEM.
 */
int allow_change_find(
	const char *text, size_t len, const struct allowlist *list, bool *ret_happened);

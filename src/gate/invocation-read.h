/* SPDX-License-Identifier: ISC */
#pragma once

/* Reads an invocation from the members of a JSON object, as fields_write() writes them. */

#include "base/bytes.h"
#include "base/json/tree.h"
#include "gate/fields.h"

/* The texts of an invocation's lists. Call invocation_lists_init(), then deinit() in any case. */
struct invocation_lists {
	struct bytes texts[FIELDS];
};

void invocation_lists_init(struct invocation_lists *lists);
void invocation_lists_deinit(struct invocation_lists *lists);

/*
 * A member has another type, a required one is missing, or the content doesn't have its hash.
 */
enum { INVOCATION_MALFORMED = 1 };

/*
 * Reads `kind`, too. Other members of the object are ignored, and values are not checked further.
 * Strings belong to the object and to `lists`. Returns 0, INVOCATION_MALFORMED, or -ENOMEM.
 */
int invocation_read(
	const struct json *object, struct invocation_lists *lists, struct invocation *ret);

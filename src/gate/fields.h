/* SPDX-License-Identifier: ISC */
#pragma once

/* The table of an invocation's strings. The check of a retry goes by it. */

#include <stdbool.h>
#include <stddef.h>

#include "gate/invocation.h"

struct invocation_field {
	const char *name; /* on the wire */
	size_t offset;    /* in struct invocation */
	bool bound;       /* a retry is compared with the token; else only the fingerprint is */
};

#define INVOCATION_FIELDS 8

/* In the order in which a retry is compared. */
extern const struct invocation_field invocation_fields[INVOCATION_FIELDS];

/* The field's string, or NULL. */
const char *field_get(const struct invocation_field *field, const struct invocation *asked);

/* The bound field in which a retry differs from what was asked first and had a value; or NULL. */
const struct invocation_field *fields_find_mismatch(
	const struct invocation *first, const struct invocation *retry);

/* SPDX-License-Identifier: ISC */
#pragma once

/* Reads the objects of a policy's document with base/json/dispatch. */

#include "base/json/dispatch.h"
#include "gate/policy/faults.h"

struct policy_names;

/* An object of the document. A fault in it has the place ": NAME.KEY:". */
struct policy_part {
	struct faults *faults;
	const struct policy_names *names;
	const char *name; /* NULL: the document itself */
	bool open;        /* unknown keys are ignored */
};

/*
 * Reads the members into `to`; the part is the context of the rows' functions. Returns 0,
 * DISPATCH_REFUSED with all faults added, or -ENOMEM.
 */
int policy_part_read(const struct policy_part *part, void *to, const struct json *object,
	const struct dispatch_row *rows);

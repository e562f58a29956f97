/* SPDX-License-Identifier: ISC */

/* Gives the faults of an object their place. */

#include "gate/policy/policy-part.h"

#include <stdio.h>

static int note_fault(struct dispatch *d, const char *where, const char *what)
{
	const struct policy_part *part = d->context;
	const char *name = part->name ? part->name : "";
	char place[256] = ":";

	if (part->name || where)
		snprintf(place, sizeof(place), ": %s%s%s:", name, part->name && where ? "." : "",
			where ? where : "");
	faults_add(part->faults, place, "%s", what);
	return 0;
}

int policy_part_read(const struct policy_part *part, void *to, const struct json *object,
	const struct dispatch_row *rows)
{
	struct policy_part own = *part;
	struct dispatch d = {
		.to = to,
		.context = &own,
		.fault = note_fault,
		.all = true,
		.open = part->open,
	};

	return dispatch_object(&d, object, rows);
}

/* SPDX-License-Identifier: ISC */

/* The table of an invocation's strings. */

#include "gate/fields.h"

#include <string.h>

#define AT(member) offsetof(struct invocation, member)

const struct invocation_field invocation_fields[INVOCATION_FIELDS] = {
	{ "executable", AT(executable), false },
	{ "session_id", AT(session_id), true },
	{ "sandbox_id", AT(sandbox_id), true },
	{ "profile", AT(profile), true },
	{ "agent_id", AT(agent_id), true },
	{ "cwd", AT(cwd), true },
	{ "real_path", AT(real_path), true },
	{ "executable_sha256", AT(executable_sha256), true },
};

const char *field_get(const struct invocation_field *field, const struct invocation *asked)
{
	return *(const char *const *)(const void *)((const char *)asked + field->offset);
}

const struct invocation_field *fields_find_mismatch(
	const struct invocation *first, const struct invocation *retry)
{
	const char *a, *b;

	for (size_t i = 0; i < INVOCATION_FIELDS; i++) {
		a = field_get(&invocation_fields[i], first);
		b = field_get(&invocation_fields[i], retry);
		if (invocation_fields[i].bound && a && (!b || strcmp(a, b) != 0))
			return &invocation_fields[i];
	}
	return NULL;
}

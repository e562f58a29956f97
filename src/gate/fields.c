/* SPDX-License-Identifier: ISC */

/* The table of an invocation's members. */

#include "gate/fields.h"

#include <string.h>

#define AT(member) offsetof(struct invocation, member)

const struct field_row field_rows[FIELDS] = {
	[FIELD_EXECUTABLE] = { .name = "executable",
		.offset = AT(executable),
		.kind = FIELD_KIND_PATH,
		.required = true },
	[FIELD_ARGS] = { .name = "args", .offset = AT(args), .kind = FIELD_KIND_STRINGS },
	[FIELD_CWD] = { .name = "cwd",
		.offset = AT(cwd),
		.kind = FIELD_KIND_DIRECTORY,
		.label = "directory",
		.rule_key = "cwd" },
	[FIELD_REAL_PATH] = { .name = "real_path",
		.offset = AT(real_path),
		.kind = FIELD_KIND_PATH,
		.label = "real path" },
	[FIELD_EXECUTABLE_SHA256] = { .name = "executable_sha256",
		.offset = AT(executable_sha256),
		.kind = FIELD_KIND_SHA256,
		.label = "sha256",
		.entry_key = "executableSha256" },
	[FIELD_AGENT_ID] = { .name = "agent_id",
		.offset = AT(agent_id),
		.kind = FIELD_KIND_AGENT,
		.label = "agent",
		.rule_key = "agents",
		.variable = "FIRMA_AGENT_ID" },
	[FIELD_SESSION_ID] = { .name = "session_id",
		.offset = AT(session_id),
		.kind = FIELD_KIND_TEXT,
		.required = true,
		.label = "session",
		.rule_key = "sessions",
		.variable = "FIRMA_SESSION_ID",
		.otherwise = "local" },
	[FIELD_SANDBOX_ID] = { .name = "sandbox_id",
		.offset = AT(sandbox_id),
		.kind = FIELD_KIND_TEXT,
		.required = true,
		.label = "sandbox",
		.rule_key = "sandboxes",
		.entry_key = "sandbox",
		.variable = "FIRMA_SANDBOX_ID",
		.otherwise = "host" },
	[FIELD_PROFILE] = { .name = "profile",
		.offset = AT(profile),
		.kind = FIELD_KIND_TEXT,
		.required = true,
		.label = "profile",
		.rule_key = "profiles",
		.entry_key = "profile",
		.variable = "FIRMA_PROFILE",
		.otherwise = "default" },
};

const char *field_get(enum field field, const struct invocation *asked)
{
	return *(const char *const *)(const void *)((const char *)asked + field_rows[field].offset);
}

void field_set(enum field field, struct invocation *asked, const char *value)
{
	*(const char **)(void *)((char *)asked + field_rows[field].offset) = value;
}

enum field fields_find_mismatch(const struct invocation *first, const struct invocation *retry)
{
	const char *a, *b;

	for (enum field f = 0; f < FIELDS; f++) {
		if (field_rows[f].kind == FIELD_KIND_STRINGS)
			continue;
		a = field_get(f, first);
		b = field_get(f, retry);
		if (a && (!b || strcmp(a, b) != 0))
			return f;
	}
	return FIELDS;
}

bool fields_are_equal(const struct invocation *a, const struct invocation *b)
{
	return fields_find_mismatch(a, b) == FIELDS && fields_find_mismatch(b, a) == FIELDS;
}

void fields_write(struct writer *w, const struct invocation *asked)
{
	const struct string_list *list;

	for (enum field f = 0; f < FIELDS; f++) {
		if (field_rows[f].kind != FIELD_KIND_STRINGS) {
			writer_string(w, field_rows[f].name, field_get(f, asked));
			continue;
		}
		list = (const void *)((const char *)asked + field_rows[f].offset);
		writer_strings(w, field_rows[f].name, list->text, list->n);
	}
}
